import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Graph {
  /// Checks that a value is a floating-point constant.
  /// - Throws: `ChannelMap.Refusal` with the reason, which calls the value `what`.
  func requireFloatingPoint(_ id: ValueID, called what: @autoclosure () -> String) throws(ChannelMap.Refusal) {
    guard let tensor = constant(id) else { throw ChannelMap.Refusal(reasonAgainst(id, called: what())) }
    guard tensor.elementType.isFloatingPoint else {
      throw ChannelMap.Refusal("\(what()) is of type \(tensor.elementType)")
    }
  }

  /// Returns the elements of a floating-point constant.
  /// - Throws: `ChannelMap.Refusal` with the reason why it is not a constant, which calls the value
  ///   `what`.
  func doubles(_ id: ValueID?, called what: String) throws(ChannelMap.Refusal) -> [Double] {
    guard let id else { throw ChannelMap.Refusal("\(what) is missing") }
    try requireFloatingPoint(id, called: what)
    return try ChannelMap.Refusal.carryingErrors { () throws(InfoldError) in try constant(id)!.widened().elements() }
  }

  /// Returns the reason why `id` is not a constant. The reason calls the value `what`.
  package func reasonAgainst(_ id: ValueID, called what: String) -> String {
    if self[id].initializer != nil { return "\(what) is an input with a default value, which a caller may override" }
    return index.producer(of: id) == nil ? "\(what) is an input" : "\(what) is computed by the model"
  }
}
