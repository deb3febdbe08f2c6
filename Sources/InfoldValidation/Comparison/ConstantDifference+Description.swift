import InfoldSystem

extension ConstantDifference: CustomStringConvertible {
  /// The constant, its place, and by how much it differs.
  public var description: String {
    var text: String
    switch part {
    case .number: text = "\(name)\(place.map { " at \($0)" } ?? "")"
    case .offset: text = "what is added in output channel \(channel ?? 0), \(name)"
    case .scale: text = "a factor of output channel \(channel ?? 0), of \(name)"
    case .channel: text = "output channel \(channel ?? 0) of \(name)"
    }
    if let change {
      let about = significance == nil ? "" : "about "
      text += ", which is \(about)\(NumberText.significant(change.magnitude, digits: 3)) "
      text += change > 0 ? "larger" : "smaller"
      if let expected { text += " than \(NumberText.significant(expected, digits: 6))" }
      if part == .scale { text += " in proportion" }
    }
    if let significance {
      let times = NumberText.significant(significance, digits: 2)
      text +=
        part == .channel ? ", which differs \(times) times as much as roundings make it" : " (\(times) standard errors)"
    }
    return text
  }
}
