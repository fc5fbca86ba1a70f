/** Whether tests take their time: CI sets PCAPDIAG_LONG=1; without it the suite is to stay below three minutes. */
export const isLong = (): boolean => process.env.PCAPDIAG_LONG === '1';
