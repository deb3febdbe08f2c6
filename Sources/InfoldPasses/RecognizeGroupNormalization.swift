import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Recognizes group normalizations. Exporters write them as a reshape of x from [N, C, …] to [N,
/// groups, …], an instance normalization with neutral scale and shift, and a reshape back. They are
/// replaced by one operator that includes a subsequent scale and shift per channel. Nodes that are
/// no longer needed are left for `RemoveDeadCode`.
package struct RecognizeGroupNormalization: RecognitionPass {
  package static let name = "recognize group normalization"

  /// Creates the pass.
  package init() {}

  private static let input = Capture<ValueID>("x"), split = Capture<ValueID>("split")
  private static let normal = Capture<ValueID>("normal")
  private static let epsilon = Capture<Float>("epsilon")
  private static let scale = Capture<ValueID>("scale"), shift = Capture<ValueID>("shift")

  private static let instances = Pattern.node([
    .named(split, .reshape(.value(input))), allNumbers(1, Capture("ones")), allNumbers(0, Capture("zeros")),
  ]) { node, _, match in
    (node.typed as? InstanceNormalization).map { match.bind(epsilon, $0.epsilon) } ?? false
  }
  private static let groups = Pattern.named(normal, .reshape(.once(instances)))

  package static let recognitions = [recognition]

  private static let recognition = Recognition(
    .either([
      .node([.once(groups), list(scale), list(shift)]) { node, _, _ in node.typed is ScaleShift },
      .scaledAndShifted(groups, perChannel(scale), perChannel(shift)),
    ])
  ) { (node, match, context, editor) throws(InfoldError) in
    guard let x = match[input], let type = context.type(x), let shape = type.shape, (3...4).contains(shape.rank),
      !shape.contains(.unknown), let channels = shape[1].size, context.type(match[normal])?.shape == shape,
      let parts = context.type(match[split])?.shape, parts[0] == shape[0], let groups = parts[1].size,
      groups > 0, channels % groups == 0, let epsilon = match[epsilon]
    else { return nil }
    let label = context.graph.label(of: node)
    var parameters: [ValueID] = []
    for (name, capture, neutral) in [("scale", scale, Float(1)), ("shift", shift, 0)] {
      var tensor = try Tensor(repeating: neutral, shape: [channels]).converted(to: type.elementType)
      if let found = match[capture].flatMap(context.graph.constant) { tensor = try found.reshaped(to: [channels]) }
      parameters.append(editor.addConstant("\(label) \(name)", tensor))
    }
    return Recognition.Replacement(
      try Node(
        name: node.name, opType: GroupNormalization.name, opsetVersion: 21,
        attributes: ["num_groups": .int(Int64(groups)), "epsilon": .float(epsilon)], inputs: [x] + parameters,
        outputs: node.outputs))
  }

  /// Matches a constant whose elements all equal `number`.
  private static func allNumbers(_ number: Double, _ capture: Capture<ValueID>) -> Pattern {
    .constant(capture) { id, context, _ in
      let numbers = try? context.graph.constant(id)?.widened().numbers()
      return numbers?.allSatisfy { $0 == number } ?? false
    }
  }

  /// Matches a constant with one number for each channel of x, with its element type, in a shape
  /// that broadcasts along the channel axis.
  private static func perChannel(_ capture: Capture<ValueID>) -> Pattern {
    parameter(capture) { channels, trailing in
      let ones = Array(repeating: 1, count: trailing)
      return [[channels] + ones, [1, channels] + ones]
    }
  }

  /// Matches a one-dimensional constant with one number for each channel of x, with its element
  /// type.
  private static func list(_ capture: Capture<ValueID>) -> Pattern {
    parameter(capture) { channels, _ in [[channels]] }
  }

  /// Matches a constant with one number for each channel of x.
  /// - Parameter shapes: Returns the allowed shapes, given the number of channels and the number of
  ///   dimensions after the channels.
  private static func parameter(
    _ capture: Capture<ValueID>, shapes: @escaping @Sendable (_ channels: Int, _ trailing: Int) -> [[Int]]
  ) -> Pattern {
    .constant(capture) { id, context, match in
      guard let tensor = context.graph.constant(id), let type = context.type(match[input]), let shape = type.shape,
        shape.rank > 1, let channels = shape[1].size
      else { return false }
      return tensor.elementType == type.elementType && shapes(channels, shape.rank - 2).contains(tensor.shape)
    }
  }
}
