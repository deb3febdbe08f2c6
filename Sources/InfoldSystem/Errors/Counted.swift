/// A number with its noun: `1 input`, `2 inputs`.
/// - Parameter plural: The noun for other numbers than one, where that does not just end in s.
package func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
  number == 1 ? "1 \(noun)" : "\(number) \(plural ?? noun + "s")"
}
