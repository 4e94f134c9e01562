import './tasks.ts'
export const leases = 1
