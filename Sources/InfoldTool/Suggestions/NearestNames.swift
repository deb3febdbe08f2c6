/// The candidates that `name` may be a misspelling of: names that differ in few letters, ignoring
/// case, or begin with `name`. At most three, the most similar first.
package func nearestNames(to name: String, among candidates: some Sequence<String>) -> [String] {
  let wanted = Array(name.lowercased().unicodeScalars.prefix(nameLimit))
  guard !wanted.isEmpty else { return [] }
  let limit = max(1, wanted.count / 3)
  var found: [(name: String, distance: Int)] = []
  for candidate in candidates.prefix(candidateLimit) where candidate != name {
    let scalars = Array(candidate.lowercased().unicodeScalars.prefix(nameLimit))
    let distance = editDistance(wanted, scalars)
    // At least one letter must match.
    if distance <= limit, distance < wanted.count {
      found.append((candidate, distance))
    } else if wanted.count >= 3, scalars.starts(with: wanted) {
      found.append((candidate, limit))
    }
  }
  return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
}

/// A question such as `did you mean "input"?`, or `nil` if no name is similar.
package func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
  let names = nearestNames(to: name, among: candidates).map { String(quoting: $0) }
  guard let last = names.last else { return nil }
  return "did you mean " + (names.count > 1 ? names.dropLast().joined(separator: ", ") + " or " : "") + last + "?"
}

/// Limits for untrusted input: the characters of a name that are compared, and the names that are
/// considered.
private let nameLimit = 80
private let candidateLimit = 2000

/// The optimal string alignment distance: the fewest insertions, deletions, substitutions and
/// transpositions that turn `a` into `b`, editing no substring twice.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var earlier: [Int] = []
  var above = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var distance = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { distance = min(distance, earlier[j - 1] + 1) }
      row.append(distance)
    }
    (earlier, above) = (above, row)
  }
  return above[b.count]
}
