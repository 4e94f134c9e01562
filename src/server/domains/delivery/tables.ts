export interface DeliveryTables {
  'delivery.key': {
    id: string
    client: string
    recipient: string
    fingerprint: string
    registered_by: string
    registered_at: Date
    first_by: string | null
    second_by: string | null
    effective_at: Date | null
  }
  'delivery.delivery': {
    id: string
    project: string
    client: string
    key: string
    state:
      | 'proposed'
      | 'approved'
      | 'refused'
      | 'failed'
      | 'built'
      | 'accepted'
      | 'rejected'
      | 'recalled'
    /** Why its build was given up, by the kind of the fault; only ever set while it is failed. */
    failure: string | null
    proposed_by: string
    proposed_at: Date
    approved_by: string | null
    approved_at: Date | null
    /** Who ordered the build anew after it had failed, last. */
    rebuilt_by: string | null
    items: number
    /** SHA-256 of the set; null for what was proposed before sets were fixed. */
    set_sha256: Buffer | null
    set_aside: number | null
    /** JSON, as it stands in the package. */
    quality: string | null
    file: string | null
    size: number | null
    sha256: Buffer | null
    built_at: Date | null
    ended_by: string | null
    ended_at: Date | null
  }
  'delivery.item': { delivery: string; item: string; annotation: string }
}
