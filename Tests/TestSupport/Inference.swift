import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Returns the output types that the shape rule of one operator infers.
/// - Parameters:
/// - types: The inputs; `nil` for an omitted one.
/// - constants: The tensors of inputs that are known before the model runs, by position.
public func infer(
  _ opType: String, opset: Int, attributes: AttributeList = [:], _ types: [TensorType?],
  constants: [Int: Tensor] = [:], outputs outputCount: Int = 1
) throws -> [TensorType] {
  var graph = Graph()
  let ids = types.enumerated().map { index, type in type.map { graph.addInput("input\(index)", $0) } }
  let outputs = (0..<outputCount).map { graph.add(Value(name: "output\($0)")) }
  let node = try Node(opType: opType, opsetVersion: opset, attributes: attributes, inputs: ids, outputs: outputs)
  return Array(
    try node.inferOutputs(types: types, constants: types.indices.map { constants[$0] }).prefix(outputCount))
}

extension Tensor {
  /// A list of int64.
  public static func list(_ elements: Int64...) throws -> Tensor { try Tensor(shape: [elements.count], elements) }

  /// 0, 1, 2, … in float32.
  public static func counting(_ shape: [Int]) throws -> Tensor {
    try Tensor(shape: shape, (0..<shape.reduce(1, *)).map(Float.init))
  }
}

/// Runs `body`, and returns the code of the `InfoldError` that it throws; `nil` if it throws none.
public func errorCode(_ body: () throws -> Void) throws -> InfoldError.Code? {
  do {
    try body()
    return nil
  } catch let error as InfoldError {
    return error.code
  }
}
