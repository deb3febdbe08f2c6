import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Expects these operators after a pass on a network with one input, and unchanged results.
func expect(
  _ operators: [String], after pass: some GraphPass, shape: Shape, sourceLocation: SourceLocation,
  _ body: (inout NetworkBuilder, ValueID) throws -> [ValueID]
) throws {
  var network = NetworkBuilder()
  let x = network.input(shape)
  let outputs = try body(&network, x)
  let graph = try network.finished(outputs)
  let rewritten = try pass.run(on: graph).graph
  #expect(rewritten.nodes.map(\.opType) == operators, sourceLocation: sourceLocation)
  try rewritten.checkTypes()
  let inputs = try graph.randomInputs()
  let expected = try ReferenceEvaluator(graph, precision: .double).run(inputs)
  let results = try ReferenceEvaluator(rewritten, precision: .double).run(inputs)
  for (a, b) in zip(results, expected) {
    #expect(a.shape == b.shape, sourceLocation: sourceLocation)
    #expect(try relativeError(a, b) < 3e-7, sourceLocation: sourceLocation)
  }
}
