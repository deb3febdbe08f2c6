import InfoldGraph
import InfoldKernelInterface
import InfoldSystem
import InfoldTensor

extension Session {
  /// Describes a run with inputs of these shapes. The session keeps the plan and uses it for such
  /// runs.
  ///
  /// - Parameter shapes: The shapes by input name. Inputs with a fixed shape may be omitted, and so
  ///   may inputs with a default value, whose shape then counts as if it had been passed.
  /// - Throws: `InfoldError.Code.invalidArgument` if shapes do not fit the model or are missing;
  ///   the error of an operator that rejects the shapes; `InfoldError.Code.limitExceeded` if the
  ///   plan exceeds the memory or time limit.
  public func planDescription(for shapes: [String: [Int]] = [:]) throws(InfoldError) -> PlanDescription {
    let cancellation = cancellation()
    return try cancellation.interrupting { () throws(InfoldError) in
      let (plan, tensors) = try plan(forNamed: placeholders(shapes), cancellation)
      return PlanDescription(
        inputs: zip(inputs, tensors).map { input, tensor in
          ValueInfo(
            name: input.name, type: TensorType(tensor.elementType, Shape(tensor.shape)), hasDefault: input.hasDefault)
        },
        parts: plan.description)
    }
  }
}

extension RunPlan {
  /// A description of each part.
  fileprivate var description: [PlanDescription.Part] {
    parts.enumerated().map { index, part in
      part.plan.description(images: part.images, isFirst: index == 0, isLast: index == parts.count - 1)
    }
  }
}

extension BodyStep {
  /// A description of what runs in each body, according to the most recent plan.
  fileprivate var descriptions: [PlanDescription.Part] { bodies.flatMap { $0.kept.last?.description ?? [] } }
}

extension Plan {
  /// - Parameters:
  ///   - images: How often the steps run.
  ///   - isFirst: Whether the plan's inputs are those of the model.
  ///   - isLast: Whether the plan's outputs are those of the model.
  fileprivate func description(images: Int, isFirst: Bool, isLast: Bool) -> PlanDescription.Part {
    func tensor(_ value: Int) -> PlanDescription.Place {
      let name = tensors.names[value]!
      return isFirst && tensors.inputs.contains(value) ? .input(name) : .tensor(name)
    }
    func operand(_ location: Location) -> PlanDescription.Operand {
      let buffer = memory.buffers[location.buffer]
      let place: PlanDescription.Place =
        switch buffer.source {
        case .arena: .arena(offset: memory.offsets[location.buffer], byteCount: buffer.byteCount)
        case .tensor(let id): tensor(id.index)
        case .constant: .constant
        case .packed: .packedConstant
        case .output(let index): isLast ? .output(tensors.outputNames[index]) : .tensor(tensors.outputNames[index])
        }
      return PlanDescription.Operand(
        place: place, firstElement: location.offset, elements: place.isConstant ? nil : location.format.described,
        layout: location.layout == .rowMajor ? .rowMajor : .channelsLast(pixelStride: location.pixelStride))
    }
    func operands(_ locations: [Location], _ tensors: [Int]) -> [PlanDescription.Operand] {
      var known: Set<PlanDescription.Operand> = []
      let all =
        tensors.map { PlanDescription.Operand(place: tensor($0), firstElement: 0, elements: nil, layout: .rowMajor) }
        + locations.map(operand)
      return all.filter { known.insert($0).inserted || $0.place.isConstant }
    }
    return PlanDescription.Part(
      images: images,
      steps: steps.map { planned in
        PlanDescription.Step(
          nodes: planned.nodes, operation: planned.layer.operation, algorithm: planned.layer.algorithm,
          measuredChoices: planned.measuredChoices,
          shape: planned.layer.shape, fused: planned.fused, reads: operands(planned.reads, planned.step.tensors.reads),
          writes: operands(planned.writes, planned.step.tensors.writes),
          threadByteCount: planned.step.scratchByteCount, multiplyAccumulates: planned.multiplyAccumulates,
          bodies: (planned.step as? BodyStep)?.descriptions ?? [])
      },
      idleNodes: idleNodes, sharedByteCount: memory.sharedByteCount, threadByteCount: memory.threadByteCount)
  }
}

extension PlanDescription.Place {
  /// Whether it is a constant. Descriptions do not distinguish between constants.
  fileprivate var isConstant: Bool { self == .constant || self == .packedConstant }
}

extension ElementFormat {
  fileprivate var described: PlanDescription.Elements {
    switch self {
    case .float32: .float32
    case .bfloat16: .bfloat16
    case .splitBFloat16: .splitBFloat16
    case .quantized: .bytes
    case .integer(let byteCount): .integers(byteCount: byteCount)
    }
  }
}

extension FusedNode {
  /// The operations that the kernel fuses into its epilogue, in order.
  var epilogue: [String] {
    let addition = residual == nil ? [] : ["residual"]
    let activation = activation == .identity ? [] : [self.activation.text]
    return activatesFirst ? activation + addition : addition + activation
  }
}

extension Activation {
  fileprivate var text: String {
    switch function {
    case .clip: self == .relu ? "relu" : "clip(\(a), \(b))"
    case .leakyRelu: "leakyRelu(\(a))"
    case .hardSigmoid: "hardSigmoid(\(a), \(b))"
    case .elu: "elu(\(a))"
    case .identity, .hardSwish, .sigmoid, .silu, .tanh, .gelu, .geluTanh, .exponential, .softplus, .mish: "\(function)"
    }
  }
}
