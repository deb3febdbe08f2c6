import TestSupport

extension Onnx {
  /// s = a + b for a and b [N, C].
  static func sum(_ more: Wire...) -> [UInt8] {
    let shape = [dim("N"), dim("C")]
    return model(
      graph: [input("a", shape), input("b", shape), output("s"), node("Add", ["a", "b"], ["s"])] + more)
  }
}
