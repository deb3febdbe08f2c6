/// Returns a dimension followed by its noun in singular or plural: `1 element`, `N elements`.
package func counted(_ dimension: Dimension, _ noun: String) -> String {
  dimension == .fixed(1) ? "1 \(noun)" : "\(dimension) \(noun)s"
}
