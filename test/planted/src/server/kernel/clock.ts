import '../domains/access/index.ts'
export const clock = 1
