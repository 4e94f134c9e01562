import './domains/audit/gateless.ts'
export const outside = 1
