import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Inputs and attributes that no operator accepts. Each is refused with an error that names it.
@Suite struct RefusalTests {
  private func error(_ body: () throws -> Void) throws -> InfoldError? {
    do {
      try body()
      return nil
    } catch let error as InfoldError {
      return error
    }
  }

  @Test(arguments: VersionTests.all) func namesUnknownAttributes(version: VersionTests.Version) throws {
    for versionCase in version.cases {
      var attributes = versionCase.attributes
      attributes["rate"] = .int(1)
      let error = try error { _ = try versionCase.failure(version: version.number, attributes: attributes) }
      #expect(error?.code == .invalidModel && error?.description.contains("\"rate\"") == true)
    }
  }

  /// An attribute of another version.
  @Test(arguments: VersionTests.all) func namesAttributesOfOtherVersions(version: VersionTests.Version) throws {
    let known = try version.cases.reduce(into: Set<String>()) { names, versionCase in
      names.formUnion(try versionCase.attributesRead(by: version.type, version: version.number))
    }
    let versionCase = try #require(version.cases.first)
    for other in VersionCase.all where other.name == version.type.name {
      for entry in other.attributes.entries where !known.contains(entry.name) {
        var attributes = versionCase.attributes
        attributes[entry.name] = entry.value
        let error = try error { _ = try versionCase.failure(version: version.number, attributes: attributes) }
        #expect(error?.code == .invalidModel, "\(entry.name)")
        #expect(error?.description.contains(entry.name) == true, "\(entry.name)")
      }
    }
  }

  /// Strings, complex and narrow numbers, and other types that the operator does not accept.
  @Test(arguments: VersionTests.all) func namesElementTypes(version: VersionTests.Version) throws {
    let versionCase = try #require(version.cases.first)
    guard !versionCase.inputs.isEmpty else { return }
    let isConditional =
      versionCase.inputs[0]?.type == .bool && version.type.elementTypes(since: version.number) != .bool
    let place = VersionCase.dataInputs[version.type.name] ?? (isConditional ? 1 : 0)
    let taken = version.type.elementTypes(since: version.number)
    for type in ElementType.allCases where !taken.contains(type) {
      let types = versionCase.inputs.enumerated().map { index, numbers in
        numbers.map { TensorType(index == place ? type : $0.type, Shape($0.shape)) }
      }
      let error = try error {
        _ = try infer(
          version.type.name, opset: version.number, attributes: versionCase.attributes, types,
          outputs: versionCase.outputs.count)
      }
      #expect(error?.description.contains("\(type)") == true, "\(type): \(error?.description ?? "no error")")
    }
  }

  @Test(arguments: VersionTests.all) func countsInputs(version: VersionTests.Version) throws {
    let range = version.type.arity(since: version.number).inputs
    guard range.upperBound < 10 else { return }
    let types = Array(repeating: TensorType?.some(TensorType(.float32, [1])), count: range.upperBound + 1)
    let versionCase = try #require(version.cases.first)
    let error = try error {
      _ = try infer(version.type.name, opset: version.number, attributes: versionCase.attributes, types)
    }
    #expect(error?.code == .invalidModel)
    #expect(
      error?.description.contains("the node has \(range.upperBound + 1)") == true, "\(error?.description ?? "no error")"
    )
  }

  @Test(
    arguments: ["Conv", "ConvTranspose", "AveragePool", "MaxPool", "LpPool"],
    ["VALID", "SAME_UPPER", "SAME_LOWER"])
  func namesPaddingBesideAutomaticPadding(name: String, mode: String) throws {
    let type = try #require(OperatorRegistry.standard.ownOperators.first { $0.name == name })
    let weight = name.hasPrefix("Conv") ? [TensorType(.float32, [1, 1, 2])] : []
    func error(_ opset: Int, _ pads: [Int64]) throws -> InfoldError? {
      try self.error {
        _ = try infer(
          name, opset: opset,
          attributes: ["kernel_shape": .ints([2]), "auto_pad": .text(mode), "pads": .ints(pads)],
          [TensorType(.float32, [1, 1, 4])] + weight)
      }
    }
    for version in type.versions {
      let refusal = try error(version, [0, 1])
      #expect(refusal?.code == .invalidModel)
      #expect(refusal?.description.contains("pads is [0, 1], but auto_pad is \(mode)") == true)
      // Exporters write pads of zero together with auto_pad.
      #expect(try error(version, [0, 0]) == nil)
    }
  }

  @Test(
    arguments: [
      ("ArgMax", "keepdims"), ("BatchNormalization", "training_mode"), ("Gemm", "transB"), ("Mod", "fmod"),
      ("MaxPool", "storage_order"), ("NonMaxSuppression", "center_point_box"), ("ReduceSum", "keepdims"),
      ("Reshape", "allowzero"), ("TopK", "largest"),
    ])
  func namesFlagsThatAreNone(name: String, flag: String) throws {
    let versionCase = try #require(VersionCase.all.last { $0.name == name && $0.attributes[flag] != nil })
    for value in [2, -1] as [Int64] {
      var attributes = versionCase.attributes
      attributes[flag] = .int(value)
      let error = try error { _ = try versionCase.failure(version: versionCase.versions.last!, attributes: attributes) }
      #expect(error?.code == .invalidModel)
      #expect(error?.description.contains("\(flag) is \(value) but must be 0 or 1") == true)
    }
  }

  @Test func namesASplitThatIsGivenTwice() throws {
    let error = try error {
      _ = try evaluate(
        "Split", opset: 1, attributes: ["split": .ints([1, 1])], [.counting([2]), .counting([2])], outputs: 2)
    }
    #expect(error?.description.contains("\"split\" is both an attribute and an input") == true)
  }

  /// Inputs of every rank, and with one element in every dimension. The messages are grammatical.
  @Test(arguments: VersionTests.all) func countsInWords(version: VersionTests.Version) throws {
    let wrongPlural =
      /(^|[^0-9.\-])1 (inputs|outputs|elements|values|dimensions|axes|channels|filters|groups|numbers)\b/
    for versionCase in version.cases {
      for rank in [0, 1, 2, 3, 5, 7] {
        let types = versionCase.inputs.map { $0.map { TensorType($0.type, Shape(Array(repeating: 1, count: rank))) } }
        let error = try error {
          _ = try infer(
            version.type.name, opset: version.number, attributes: versionCase.attributes, types,
            outputs: versionCase.outputs.count)
        }
        let text = error?.description ?? ""
        #expect(!text.contains("\(Int.max)") && text.firstMatch(of: wrongPlural) == nil, "\(text)")
      }
    }
  }

  @Test(arguments: [
    ("GlobalMaxPool", 1, "it must have at least 3 dimensions"), ("MatMul", 0, "it must have at least 1 dimension"),
    ("Det", 1, "it must have at least 2 dimensions"), ("Gemm", 1, "it must have 2 dimensions"),
    ("Conv", 1, "it must have 3 to 5 dimensions"),
  ])
  func namesRanks(name: String, rank: Int, text: String) throws {
    let type = TensorType(.float32, Shape(Array(repeating: 1, count: rank)))
    let count = ["GlobalMaxPool", "Det"].contains(name) ? 1 : 2
    let error = try error { _ = try infer(name, opset: 13, Array(repeating: type, count: count)) }
    #expect(error?.description.hasSuffix(text) == true, "\(error?.description ?? "no error")")
  }

  @Test func namesTheSuccessorOfAWithdrawnOperator() throws {
    let error = try error {
      _ = try infer("Upsample", opset: 10, [TensorType(.float32, [1]), TensorType(.float32, [1])])
    }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("Upsample was removed in opset 10") == true)
    #expect(error?.description.contains("Resize") == true)
  }
}
