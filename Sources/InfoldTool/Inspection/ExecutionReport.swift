import InfoldGraph
import InfoldRuntime
import InfoldSystem

/// How the nodes of a network run: with kernels, or with the slow reference evaluation.
struct ExecutionReport: Encodable {
  /// How a node runs.
  enum Way {
    case kernels, reference
    /// The plan is made at run time, once the shapes are known.
    case plannedInRun
  }

  /// The share of the arithmetic that uses the reference evaluation, 0 to 1. The arithmetic of a
  /// step is its number of multiply-accumulates, or the number of result elements if that is
  /// larger. Bodies count once.
  let referenceShare: Double
  /// The steps that use the reference evaluation, the largest share first.
  let referenceSteps: [Step]
  private let ways: [String: Way]

  /// A step that uses the reference evaluation.
  struct Step: Encodable {
    let nodes: [String]
    let operation: String
    let share: Double
  }

  private enum CodingKeys: String, CodingKey { case referenceShare, referenceSteps }

  /// Reports on a model of known sizes. Dynamic batch sizes are 1.
  /// - Returns: `nil` if a session cannot plan the model within its limits.
  init?(_ model: Model, _ options: SessionOptions) {
    var bound = model, options = options
    options.tuning = nil
    guard model.faults.isEmpty, let graph = try? model.graph.bindingBatch(to: 1) else { return nil }
    bound.graph = graph
    guard let session = try? Session(consume bound, options: options), let plan = try? session.planDescription() else {
      return nil
    }
    self.init(plan)
  }

  /// Reports on a plan.
  init(_ plan: PlanDescription) {
    var ways: [String: Way] = [:]
    var total = 0.0
    var found: [(step: PlanDescription.Step, work: Double)] = []
    func add(_ parts: [PlanDescription.Part]) {
      for part in parts {
        for step in part.steps {
          let way: Way =
            switch step.algorithm {
            case PlanDescription.referenceAlgorithm: .reference
            case PlanDescription.inRunAlgorithm where step.bodies.isEmpty: .plannedInRun
            default: .kernels
            }
          for node in step.nodes where ways[node] != .reference { ways[node] = way }
          guard step.bodies.isEmpty else {
            add(step.bodies)
            continue
          }
          let elements = step.shape.reduce(1.0) { $0 * Double($1) }
          let work = max(Double(step.multiplyAccumulates), elements) * Double(part.images)
          total += work
          if way == .reference { found.append((step, work)) }
        }
        for node in part.idleNodes where ways[node] == nil { ways[node] = .kernels }
      }
    }
    add(plan.parts)
    self.ways = ways
    let all = max(total, 1)
    referenceSteps = found.sorted { $0.work > $1.work }.map {
      Step(nodes: $0.step.nodes, operation: $0.step.operation, share: $0.work / all)
    }
    referenceShare = found.reduce(0) { $0 + $1.work } / all
  }

  /// How the node with this name runs, or `nil` if no step computes it.
  func way(of node: String) -> Way? { ways[node] }

  /// The report as text, empty if kernels run everything.
  var text: String {
    guard !referenceSteps.isEmpty else { return "" }
    var text =
      ("  without kernels, which is slow: \(NumberText.counted(referenceSteps.count, "step")), "
      + "\(NumberText.fixed(referenceShare * 100, digits: 1)) % of the arithmetic").paragraph()
    var table = Table(("", .left), ("", .right), ("", .wrapped))
    for step in referenceSteps.prefix(Self.shownSteps) {
      table.add(
        String(printable: step.operation), NumberText.fixed(step.share * 100, digits: 1) + " %",
        step.nodes.map { String(printable: $0) }.joined(separator: ", "))
    }
    text += table.text
    let others = referenceSteps.count - Self.shownSteps
    return others > 0 ? text + "  \(NumberText.grouped(others)) more; --plan shows all\n" : text
  }

  private static let shownSteps = 10
}
