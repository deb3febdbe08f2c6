import InfoldConformance
import InfoldGraph
import InfoldRuntime
import InfoldTensor

extension ConformanceCase {
  /// The results for the first inputs: by definition in double precision, in a session with optimization, and in one without.
  func resultsInEveryWay(_ model: Model) throws -> [[Tensor]] {
    let inputs = try inputs(of: model)
    var given: [ValueID: Tensor] = [:]
    for (id, tensor) in zip(model.graph.inputs, inputs) { given[id] = tensor }
    var all = [try ReferenceEvaluator(model.graph, precision: .double).run(given)]
    for optimizes in [true, false] {
      let session = try Session(model, options: SessionOptions(threads: 1, optimize: optimizes))
      var results: [Tensor] = []
      try session.run(inputs, into: &results)
      all.append(results)
    }
    return all
  }
}
