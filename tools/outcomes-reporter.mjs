/** One JSON line for each finished test; suites and files are left out. */
export default async function* outcomes(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.details?.type === 'suite') continue
    if (data.nesting === 0 && data.name === data.file) continue
    const skipped = data.skip !== undefined && data.skip !== false
    yield (
      JSON.stringify({
        name: data.name,
        outcome: skipped ? 'skipped' : type === 'test:pass' ? 'passed' : 'failed',
        ...(skipped && { reason: String(data.skip) }),
      }) + '\n'
    )
  }
}
