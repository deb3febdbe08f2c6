import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// The axis mappings that operators declare, checked with their reference evaluations: given one position of each input that has the axis,
/// they compute that position of the outputs, bit for bit. So no position of an output depends on other positions of an input.
@Suite struct AxisMappingTests {
  /// - Returns: The length of the longest axis along which positions were computed separately; 0 if the operator declares none.
  private static func check(_ node: Node, _ inputs: [Tensor?], _ comment: Comment) throws -> Int {
    let known = OperatorInputs(inputs, outputCount: node.outputs.count)
    let types = try node.inferOutputs(known)
    let mapping = try #require(node.typed).axisMapping(known, outputs: node.outputs.indices.map { types[$0] })
    let whole = try node.evaluate(inputs)
    if let joined = mapping.joinedAxis {
      #expect(try Tensor(concatenating: inputs.compactMap(\.self), axis: joined) == whole[0], comment)
    }
    var longest = 0
    for axis in mapping.independentAxes {
      let lengths = inputs.enumerated().compactMap { index, tensor in
        axis.axis(ofInput: index).flatMap { tensor?.shape[$0] }
      }
      #expect(Set(lengths).count == 1, comment)
      let results = whole.indices.filter { axis.axis(ofOutput: $0) != nil && whole[$0] != nil }
      #expect(!results.isEmpty, comment)
      for position in 0..<(lengths.first ?? 0) {
        let alone = try node.evaluate(try part(of: inputs, at: position, of: axis))
        for index in results {
          let expected = try whole[index]!.slice(position..<(position + 1), axis: axis.axis(ofOutput: index)!)
          #expect(alone[index] == expected, "\(comment), \(axis), position \(position)")
        }
      }
      longest = max(longest, lengths.first ?? 0)
    }
    return longest
  }

  /// The inputs for one position along an axis.
  private static func part(of inputs: [Tensor?], at position: Int, of axis: IndependentAxis) throws -> [Tensor?] {
    var parts = inputs
    for (index, tensor) in inputs.enumerated() {
      guard let tensor, let own = axis.axis(ofInput: index) else { continue }
      parts[index] = try tensor.slice(position..<(position + 1), axis: own)
    }
    if let size = axis.listedSize {
      let list = try #require(inputs[size.input])
      var sizes: [Int64] = try list.elements()
      sizes[size.element] = 1
      parts[size.input] = try Tensor(shape: list.shape, sizes)
    }
    return parts
  }

  private static func node(
    _ name: String, _ opset: Int, _ attributes: AttributeList, _ inputs: [Tensor?], outputs: Int
  ) throws -> Node {
    let isStandard = OperatorRegistry.standard.ownOperators.contains { $0.name == name }
    var graph = Graph()
    let ids = inputs.enumerated().map { index, tensor in
      tensor.map { graph.addInput("input\(index)", TensorType($0.elementType, Shape($0.shape))) }
    }
    return try Node(
      opType: name, domain: isStandard ? "" : OperatorRegistry.internalDomain, opsetVersion: opset,
      attributes: attributes, inputs: ids, outputs: (0..<outputs).map { graph.add(Value(name: "output\($0)")) },
      registry: isStandard ? .standard : .internalOperators)
  }

  /// Every version of every operator, with its attributes.
  @Test(arguments: VersionCase.all) func versions(versionCase: VersionCase) throws {
    let inputs = try versionCase.inputs.map { try $0?.tensor() }
    for version in versionCase.versions {
      let node = try Self.node(
        versionCase.name, version, versionCase.attributes, inputs, outputs: versionCase.outputs.count)
      _ = try Self.check(node, inputs, "opset \(version)")
    }
  }

  @Test(arguments: [1, 2, 3]) func shapes(batch: Int) throws {
    for use in try AxisUse.all(batch: batch) {
      let comment = Comment(rawValue: "\(use.name) \(use.opset), \(use.attributes), \(use.inputs)")
      let node = try Self.node(use.name, use.opset, use.attributes, use.inputs, outputs: use.outputs)
      let longest = try Self.check(node, use.inputs, comment)
      #expect(longest == 0 ? use.isMixing : !use.isMixing && (longest > 1 || batch == 1), comment)
    }
  }

  /// An operator that declares an axis has a use above in which the axis is longer than 1.
  @Test func operatorsThatNameAxes() throws {
    let checked = Set(try AxisUse.all(batch: 3).filter { !$0.isMixing }.map(\.name))
    for versionCase in VersionCase.all where !checked.contains(versionCase.name) {
      let inputs = try versionCase.inputs.map { try $0?.tensor() }
      let version = versionCase.versions[0]
      let node = try Self.node(
        versionCase.name, version, versionCase.attributes, inputs, outputs: versionCase.outputs.count)
      #expect(try Self.check(node, inputs, "") == 0, "\(versionCase.testDescription)")
    }
    for type in OperatorRegistry.internalOperators.all where !(type is any BodyOperator.Type) {
      #expect(checked.contains(type.name))
    }
  }
}
