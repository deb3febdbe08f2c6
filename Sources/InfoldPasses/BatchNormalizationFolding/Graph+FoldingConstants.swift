import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Graph {
  /// - Throws: `ChannelMap.Refusal`, saying of `what` why it is no floating-point constant.
  func requireFloatingPoint(_ id: ValueID, called what: @autoclosure () -> String) throws(ChannelMap.Refusal) {
    guard let tensor = constant(id) else { throw ChannelMap.Refusal(reasonAgainst(id, called: what())) }
    guard tensor.elementType.isFloatingPoint else {
      throw ChannelMap.Refusal("\(what()) is of type \(tensor.elementType)")
    }
  }

  /// The elements of a floating-point constant.
  /// - Throws: `ChannelMap.Refusal`, saying of `what` why it is no constant.
  func doubles(_ id: ValueID?, called what: String) throws(ChannelMap.Refusal) -> [Double] {
    guard let id else { throw ChannelMap.Refusal("\(what) is left out") }
    try requireFloatingPoint(id, called: what)
    return try ChannelMap.Refusal.carryingErrors { () throws(InfoldError) in try constant(id)!.widened().elements() }
  }

  /// Why `id`, which is called `what`, is no constant.
  package func reasonAgainst(_ id: ValueID, called what: String) -> String {
    if self[id].initializer != nil { return "\(what) is an input with a default, which a caller may override" }
    return index.producer(of: id) == nil ? "\(what) is an input" : "\(what) is computed by the model"
  }
}
