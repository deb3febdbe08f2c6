/// Names that are taken, and new ones beside them.
package struct NameRegistry: Sendable {
  private var taken: Set<String>
  /// The number that a name gets next, when it is taken.
  private var nextNumbers: [String: Int] = [:]

  /// A registry in which these names are taken.
  package init(_ taken: Set<String> = []) {
    self.taken = taken
  }

  /// Takes a name.
  /// - Returns: Whether it was not taken.
  package mutating func take(_ name: String) -> Bool { taken.insert(name).inserted }

  /// Takes names, whether they were taken or not.
  package mutating func take(contentsOf names: some Sequence<String>) { taken.formUnion(names) }

  /// Gives a name back.
  package mutating func release(_ name: String) { taken.remove(name) }

  /// `base`, or the first of `base`.2, `base`.3 and so on, that is not taken, and takes it.
  package mutating func unused(_ base: String) -> String {
    if take(base) { return base }
    let (name, number) = firstUnused(base + ".", from: nextNumbers[base] ?? 2)
    nextNumbers[base] = number + 1
    return name
  }

  /// The first that is not taken of `prefix` with the numbers from `first` on, and takes it.
  package mutating func numbered(_ prefix: String, from first: Int) -> String { firstUnused(prefix, from: first).name }

  private mutating func firstUnused(_ prefix: String, from first: Int) -> (name: String, number: Int) {
    var number = first
    while !take("\(prefix)\(number)") { number += 1 }
    return ("\(prefix)\(number)", number)
  }
}
