import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Finds group normalizations, which exporters write as an instance normalization of x [N, C, …] in the shape [N, groups, …], without a
/// scale and a shift of its own, and back in the shape of x, and puts one operator in their place, also of the scale and shift per channel
/// that follow. What only the old nodes needed is left for `RemoveDeadCode`.
package struct RecognizeGroupNormalization: RecognitionPass {
  package static let name = "recognize group normalization"

  /// The pass.
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

  /// A constant of which every number is this one.
  private static func allNumbers(_ number: Double, _ capture: Capture<ValueID>) -> Pattern {
    .constant(capture) { id, context, _ in
      let numbers = try? context.graph.constant(id)?.widened().numbers()
      return numbers?.allSatisfy { $0 == number } ?? false
    }
  }

  /// A constant with one number for each channel of x, of its type, in dimensions by which arithmetic finds the channels.
  private static func perChannel(_ capture: Capture<ValueID>) -> Pattern {
    parameter(capture) { channels, behind in
      let ones = Array(repeating: 1, count: behind)
      return [[channels] + ones, [1, channels] + ones]
    }
  }

  /// A constant list with one number for each channel of x, of its type.
  private static func list(_ capture: Capture<ValueID>) -> Pattern {
    parameter(capture) { channels, _ in [[channels]] }
  }

  /// - Parameter shapes: The shapes that the constant may have, for this number of channels and of dimensions behind them.
  private static func parameter(
    _ capture: Capture<ValueID>, shapes: @escaping @Sendable (_ channels: Int, _ behind: Int) -> [[Int]]
  ) -> Pattern {
    .constant(capture) { id, context, match in
      guard let tensor = context.graph.constant(id), let type = context.type(match[input]), let shape = type.shape,
        shape.rank > 1, let channels = shape[1].size
      else { return false }
      return tensor.elementType == type.elementType && shapes(channels, shape.rank - 2).contains(tensor.shape)
    }
  }
}
