import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem

/// The report of `inspect --passes`: what each pass changes in a model's graph.
struct PassesReport: Encodable {
  /// The graph of the file, followed by the result of each pass.
  private let passes: [Pass]

  private struct Pass: Encodable {
    let stage: String
    let pass: String
    /// The number of nodes after the pass.
    let nodes: Int
    let changes: [Entry]
    let refusals: [Entry]

    init(_ stage: OptimizationPipeline.Stage, _ name: String, _ result: PassResult) {
      self.stage = stage.description
      pass = name
      nodes = result.graph.nodes.count
      changes = result.changes.map { Entry(node: $0.node, description: $0.description) }
      refusals = result.refusals.map { Entry(node: $0.node, description: $0.description) }
    }
  }

  private struct Entry: Encodable {
    let node: String
    let description: String
  }

  /// Prepares the model as a session with these options does.
  /// - Throws: `InfoldError` with `.unsupported` if the model cannot be run, or the error of a
  ///   pass.
  init(_ model: Model, _ options: SessionOptions) throws(InfoldError) {
    passes = try annotatingErrors({ model.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      var graph = model.graph
      try graph.makeConsistent()
      var passes = [Pass(.check, "the network as it is", PassResult(graph: graph))]
      let prepared = try PreparedModel(graph: graph) { passes.append(Pass(.inline, type(of: $0).name, $1)) }
      _ = try options.passes.run(on: prepared.graph, through: .simplify ... .recognize) { stage, pass, result in
        passes.append(Pass(stage, type(of: pass).name, result))
      }
      return passes
    }
  }

  /// The report as text, with the passes that changed or skipped something.
  var text: String {
    var lines: [String] = []
    for (index, pass) in passes.enumerated() {
      let isIdle = index > 0 && pass.nodes == passes[index - 1].nodes && pass.changes.isEmpty && pass.refusals.isEmpty
      guard !isIdle else { continue }
      lines.append("\(pass.stage): \(pass.pass), \(counted(pass.nodes, "node"))")
      lines += pass.changes.map { "  \($0.node): \($0.description)" }
      lines += pass.refusals.map { "  \($0.node): not done, \($0.description)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
