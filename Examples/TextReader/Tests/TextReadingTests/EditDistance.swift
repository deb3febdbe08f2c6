import FoundationEssentials

/// The Levenshtein distance (1966): the minimum number of insertions, deletions and substitutions
/// that turn one text into the other.
func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (index, character) in a.enumerated() {
    var next = [index + 1]
    for column in b.indices {
      next.append(min(row[column] + (b[column] == character ? 0 : 1), row[column + 1] + 1, next[column] + 1))
    }
    row = next
  }
  return row[b.count]
}

extension String {
  init(contentsOf path: String) throws {
    self.init(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }
}
