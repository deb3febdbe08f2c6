/// Returns a number followed by its noun in singular or plural: `1 input`, `2 inputs`.
/// - Parameter plural: The plural, if it is not the noun with an "s".
package func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
  number == 1 ? "1 \(noun)" : "\(number) \(plural ?? noun + "s")"
}
