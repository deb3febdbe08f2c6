/// A set of names in use that generates unique new ones.
package struct NameRegistry: Sendable {
  private var taken: Set<String>
  /// The next number to append to a base name that is in use.
  private var nextNumbers: [String: Int] = [:]

  /// Creates a registry in which the names `taken` are in use.
  package init(_ taken: Set<String> = []) {
    self.taken = taken
  }

  /// Marks a name as in use.
  /// - Returns: Whether it was free.
  package mutating func take(_ name: String) -> Bool { taken.insert(name).inserted }

  /// Marks names as in use, whether or not they were free.
  package mutating func take(contentsOf names: some Sequence<String>) { taken.formUnion(names) }

  /// Releases a name.
  package mutating func release(_ name: String) { taken.remove(name) }

  /// Returns and takes the first free name of `base`, `base`.2, `base`.3 and so on.
  package mutating func unused(_ base: String) -> String {
    if take(base) { return base }
    let (name, number) = firstUnused(base + ".", from: nextNumbers[base] ?? 2)
    nextNumbers[base] = number + 1
    return name
  }

  /// Returns and takes the first free name made of `prefix` and a number of at least `first`.
  package mutating func numbered(_ prefix: String, from first: Int) -> String { firstUnused(prefix, from: first).name }

  private mutating func firstUnused(_ prefix: String, from first: Int) -> (name: String, number: Int) {
    var number = first
    while !take("\(prefix)\(number)") { number += 1 }
    return ("\(prefix)\(number)", number)
  }
}
