import InfoldSystem
import InfoldTensor

/// The sizes of an attention, all known and consistent.
struct AttentionSizes {
  /// Whether the heads are concatenated in rows, as in inputs of rank 3.
  let isJoined: Bool
  let batch: Int
  let queryHeads: Int
  let keyHeads: Int
  /// The number of rows of Q.
  let queries: Int
  /// The number of columns of Q and K.
  let inner: Int
  /// The number of columns of V.
  let columns: Int
  /// The number of past keys, which precede those of K.
  let past: Int
  /// The total number of keys.
  let keys: Int
  /// The sizes of the mask.
  let mask: [Int]?

  /// The most positions, far from integer overflow.
  private static let mostPositions = 1 << 60

  /// - Parameter sizes: The sizes of Q, K, V, attn_mask, past_key, past_value and nonpad_kv_seqlen;
  ///   `nil` for omitted ones.
  /// - Throws: `InfoldError.Code.invalidModel` if they do not match.
  init(_ sizes: [[Int]?], _ givenQueryHeads: Int?, _ givenKeyHeads: Int?) throws(InfoldError) {
    guard let q = sizes[0], let k = sizes[1], let v = sizes[2], q.count == k.count, q.count == v.count,
      3...4 ~= q.count
    else { throw InfoldError(.invalidModel, "Q, K and V must all have 3 dimensions, or all 4") }
    isJoined = q.count == 3
    let rows = q.count - 2
    queryHeads = isJoined ? givenQueryHeads ?? 1 : q[1]
    keyHeads = isJoined ? givenKeyHeads ?? 1 : k[1]
    batch = q[0]
    queries = q[rows]
    guard k[0] == batch, v[0] == batch, k[rows] == v[rows] else {
      throw InfoldError(.invalidModel, "shape mismatch: Q \(q), K \(k) and V \(v)")
    }
    guard isJoined || v[1] == keyHeads else {
      throw InfoldError(.invalidModel, "shape mismatch: K has \(counted(keyHeads, "head")), but V has \(v[1])")
    }
    guard keyHeads > 0, queryHeads.isMultiple(of: keyHeads) else {
      throw InfoldError(
        .invalidModel, "\(counted(queryHeads, "head")) of Q cannot share \(counted(keyHeads, "head")) of K and V")
    }
    if isJoined {
      for (name, width, heads) in [("Q", q[2], queryHeads), ("K", k[2], keyHeads), ("V", v[2], keyHeads)]
      where !width.isMultiple(of: heads) {
        throw InfoldError(
          .invalidModel, "\(counted(width, "column")) of \(name) cannot be split into \(counted(heads, "head"))")
      }
    }
    inner = isJoined ? q[2] / queryHeads : q[3]
    columns = isJoined ? v[2] / keyHeads : v[3]
    guard (isJoined ? k[2] / keyHeads : k[3]) == inner else {
      throw InfoldError(.invalidModel, "shape mismatch: the heads of Q \(q) and K \(k) have different sizes")
    }
    past = sizes[4].flatMap { $0.count == 4 ? $0[2] : nil } ?? 0
    for (index, width) in [(4, inner), (5, columns)] {
      guard let given = sizes[index], given != [batch, keyHeads, past, width] else { continue }
      throw InfoldError(
        .invalidModel, "shape mismatch: input \(index) is \(given) but must be \([batch, keyHeads, past, width])")
    }
    let (sum, overflow) = past.addingReportingOverflow(k[rows])
    guard !overflow, [sum, past, queries].allSatisfy({ $0 <= Self.mostPositions }) else {
      throw InfoldError(.limitExceeded, "there are too many positions")
    }
    keys = sum
    guard checkedProduct([queryHeads, columns]) != nil else {
      throw InfoldError(.limitExceeded, "the rows of the result are too long")
    }
    mask = sizes[3]
    if let nonpad = sizes[6], nonpad != [batch] {
      throw InfoldError(.invalidModel, "shape mismatch: nonpad_kv_seqlen is \(nonpad) but must be \([batch])")
    }
    guard let mask else { return }
    let scores = [batch, queryHeads, queries, keys]
    let fits =
      1...4 ~= mask.count && mask.last! <= keys
      && zip(mask.reversed(), scores.reversed()).dropFirst().allSatisfy { $0 == $1 || $0 == 1 }
    guard fits else {
      throw InfoldError(.invalidModel, "shape mismatch: attn_mask \(mask) cannot be broadcast to \(scores)")
    }
  }
}
