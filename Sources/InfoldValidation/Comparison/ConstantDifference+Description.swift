import InfoldSystem

extension ConstantDifference: CustomStringConvertible {
  /// The constant, the position of its element, and the change.
  public var description: String {
    var text: String
    switch part {
    case .number: text = "\(name)\(place.map { " at \($0)" } ?? "")"
    case .offset: text = "the offset of output channel \(channel ?? 0), \(name)"
    case .scale: text = "the scale of output channel \(channel ?? 0) of \(name)"
    case .channel: text = "output channel \(channel ?? 0) of \(name)"
    }
    if let change {
      let about = significance == nil ? "" : "about "
      text += ", which is \(about)\(NumberText.significant(change.magnitude, digits: 3)) "
      text += change > 0 ? "larger" : "smaller"
      if let expected { text += " than \(NumberText.significant(expected, digits: 6))" }
      if part == .scale { text += ", as a fraction of its value" }
    }
    if let significance {
      let times = NumberText.significant(significance, digits: 2)
      text +=
        part == .channel ? ", which is shifted \(times) times as far as the others" : " (\(times) standard errors)"
    }
    return text
  }
}
