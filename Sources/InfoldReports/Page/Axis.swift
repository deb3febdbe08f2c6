import InfoldSystem
import RealModule

/// An axis of a plot, which maps numbers to positions and provides labels.
package struct PlotAxis {
  /// A labeled number.
  struct Tick {
    let place: Double
    let label: String
  }

  /// The scale of an axis.
  package enum Scale {
    case linear, logarithmic
  }

  private let scale: Scale
  private let lower: Double
  private let upper: Double
  private let start: Double
  private let end: Double

  /// Creates an axis for `numbers`, from `start` to `end` on the page. A logarithmic axis ignores
  /// numbers that are not positive, and begins and ends at a power of ten.
  package init(_ numbers: some Sequence<Double>, _ scale: Scale, from start: Double, to end: Double) {
    self.scale = scale
    self.start = start
    self.end = end
    switch scale {
    case .logarithmic:
      let powers = numbers.filter { $0 > 0 && $0.isFinite }.map(Double.log10)
      lower = (powers.min() ?? -1).rounded(.down)
      upper = max((powers.max() ?? 1).rounded(.up), lower + 1)
    case .linear:
      let finite = numbers.filter(\.isFinite)
      let (least, most) = (finite.min() ?? 0, finite.max() ?? 1)
      let margin = most > least ? (most - least) * 0.04 : max(most.magnitude, 1e-30)
      (lower, upper) = (least - margin, most + margin)
    }
  }

  /// Returns the position of `value`, clamped to the axis.
  package func place(_ value: Double) -> Double {
    let position =
      switch scale {
      case .linear: value
      case .logarithmic: value > 0 ? Double.log10(value) : lower
      }
    let share = (position - lower) / (upper - lower)
    return start + (end - start) * min(max(share.isNaN ? 0 : share, 0), 1)
  }

  /// Returns about `count` labeled numbers.
  func ticks(_ count: Int) -> [Tick] {
    switch scale {
    case .logarithmic:
      let step = max(1, Int(((upper - lower) / Double(count)).rounded(.up)))
      return stride(from: Int(lower), through: Int(upper), by: step).map { power in
        Tick(place: place(Double.exp10(Double(power))), label: Self.power(power))
      }
    case .linear:
      let raw = (upper - lower) / Double(count)
      let magnitude = Double.exp10(Double.log10(raw).rounded(.down))
      let step = [1.0, 2, 5, 10].map { $0 * magnitude }.first { $0 >= raw } ?? raw
      let first = (lower / step).rounded(.up)
      return (0...(count + 1)).map { (first + Double($0)) * step }.filter { $0 <= upper }.map { value in
        Tick(place: place(value), label: NumberText.short(value.magnitude < step / 2 ? 0 : value))
      }
    }
  }

  private static func power(_ exponent: Int) -> String {
    if (-2...3).contains(exponent) { return NumberText.short(Double.exp10(Double(exponent))) }
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let text = String(exponent.magnitude).map { digits[$0.wholeNumberValue!] }
    return "10" + (exponent < 0 ? "⁻" : "") + String(text)
  }
}
