public import Infold

/// A small model that uses BlurPool: x [N, 1, H, W] → Relu → BlurPool → y.
/// - Throws: `InfoldError` with `.invalidModel` for a stride below 1.
public func blurredModel(stride: Int) throws(InfoldError) -> Model {
  var graph = Graph(name: "blurred")
  let x = graph.addInput("x", TensorType(.float32, ["N", 1, "H", "W"]))
  let positive = graph.add(Value(name: "positive")), y = graph.add(Value(name: "y"))
  graph.add(try Node(opType: "Relu", opsetVersion: 14, inputs: [x], outputs: [positive]))
  graph.add(
    try Node(
      opType: BlurPool.name, domain: BlurPool.domain, opsetVersion: 1, attributes: ["stride": .int(Int64(stride))],
      inputs: [positive], outputs: [y], registry: .standard.adding(BlurPool.self)))
  graph.outputs = [y]
  try graph.inferTypes()
  return Model(
    graph: graph,
    opsetImports: [Model.OpsetImport(version: 14), Model.OpsetImport(domain: BlurPool.domain, version: 1)])
}
