import '../audit/index.ts'
export const gate = 1
