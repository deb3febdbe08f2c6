import InfoldGraph
import InfoldOperators
import InfoldSystem
import TestSupport
import Testing

/// Every operator in every version, with attributes that are not the defaults.
@Suite struct VersionTests {
  /// An operator in one of its versions.
  struct Version: Sendable, CustomTestStringConvertible {
    let type: any Operator.Type
    let number: Int

    var testDescription: String { "\(type.name) \(number)" }
    var cases: [VersionCase] { VersionCase.all.filter { $0.name == type.name && $0.versions.contains(number) } }
  }

  /// Operators with bodies are tested in `ControlFlowTests`.
  static let all = OperatorRegistry.standard.ownOperators.filter { !["If", "Loop"].contains($0.name) }.flatMap { type in
    type.versions.map { Version(type: type, number: $0) }
  }

  /// Attributes that do not change results, because they are hints, or repeat what inputs and outputs imply.
  private func changesNothing(_ attribute: String, _ version: Version) -> Bool {
    switch (version.type.name, attribute) {
    case (_, "consumed_inputs"): true
    case ("BatchNormalization", "is_test"): true
    case ("Cast", "saturate"), ("Cast", "round_mode"), ("CastLike", "saturate"), ("CastLike", "round_mode"): true
    case ("Conv", "kernel_shape"), ("ConvTranspose", "kernel_shape"), ("DeformConv", "kernel_shape"): true
    case ("ConvInteger", "kernel_shape"), ("QLinearConv", "kernel_shape"), ("QuantizeLinear", "saturate"): true
    case ("LSTM", "hidden_size"), ("GRU", "hidden_size"), ("RNN", "hidden_size"): true
    case ("LSTM", "output_sequence"), ("GRU", "output_sequence"), ("RNN", "output_sequence"): true
    case ("Dropout", "seed"): true
    case ("Dropout", "ratio"): version.number >= 7
    case ("GroupNormalization", "stash_type"), ("RMSNormalization", "stash_type"): true
    case ("TopK", "sorted"): true
    default: false
    }
  }

  @Test(arguments: VersionCase.all) func givesWhatIsWritten(versionCase: VersionCase) throws {
    for version in versionCase.versions {
      let failure = try versionCase.failure(version: version, attributes: versionCase.attributes)
      #expect(failure == nil, "opset \(version)")
    }
  }

  @Test(arguments: all) func isCovered(version: Version) throws {
    #expect(!version.cases.isEmpty)
    var names: Set<String> = []
    for versionCase in version.cases {
      names.formUnion(try versionCase.attributesRead(by: version.type, version: version.number))
    }
    for name in names.sorted() {
      let cases = version.cases.filter { $0.attributes[name] != nil }
      #expect(!cases.isEmpty, "no case has the attribute \(name)")
      let isFelt = cases.contains { $0.depends(on: name, version: version.number) }
      #expect(isFelt != changesNothing(name, version), "the attribute \(name)")
    }
  }

  /// The results do not change before the next version of the operator.
  @Test(arguments: all) func holdsUntilTheNextVersion(version: Version) throws {
    let versions = version.type.versions + [(version.type.deprecation?.opset ?? OperatorRegistry.newestOpset + 1)]
    let last = try #require(versions.first { $0 > version.number }) - 1
    for versionCase in version.cases {
      let failure = try versionCase.failure(version: last, attributes: versionCase.attributes)
      #expect(failure == nil, "opset \(last), \(versionCase.testDescription)")
    }
  }

  /// If a version is declared compatible with the previous one, everything that was and still is allowed gives the same results.
  @Test func compatibleVersionsMeanTheSame() throws {
    var compared: Set<String> = []
    for versionCase in VersionCase.all {
      let type = try #require(OperatorRegistry.standard.ownOperators.first { $0.name == versionCase.name })
      for (old, new) in zip(type.versions, type.versions.dropFirst()) where versionCase.versions.contains(old) {
        guard type.compatibleVersions.contains(new) else { continue }
        do {
          let failure = try versionCase.failure(version: new, attributes: versionCase.attributes)
          #expect(failure == nil, "opset \(new), \(versionCase.testDescription)")
          compared.insert("\(type.name) \(new)")
        } catch is InfoldError {
          // Not allowed any more.
        }
      }
    }
    // Operators with bodies have no cases here.
    for type in OperatorRegistry.standard.ownOperators where !["If", "Loop"].contains(type.name) {
      #expect(Set(type.compatibleVersions).isSubset(of: type.versions.dropFirst()), "\(type.name)")
      for version in type.compatibleVersions {
        #expect(compared.contains("\(type.name) \(version)"), "no case of \(type.name) is allowed in opset \(version)")
      }
    }
    #expect(compared.count > 100)
  }

  /// Operators whose element type is given by an attribute.
  private static let typedByAttribute = [
    "BlackmanWindow", "Constant", "ConstantOfShape", "HammingWindow", "HannWindow", "MelWeightMatrix",
  ]

  /// An operator accepts the element types that it declares, and no others.
  @Test(arguments: all.filter { !typedByAttribute.contains($0.type.name) })
  func takesTheTypesThatItNames(version: Version) throws {
    for type in ElementTypeSet.all.types {
      let isTaken = try version.cases.contains { try $0.takes(type, version: version.number) }
      #expect(isTaken == version.type.elementTypes(since: version.number).contains(type), "\(type)")
    }
  }

  @Test func namesOperators() {
    let names = Set(OperatorRegistry.standard.ownOperators.map { $0.name })
    #expect(Set(VersionCase.all.map(\.name)).subtracting(names).isEmpty)
    for versionCase in VersionCase.all {
      let type = OperatorRegistry.standard.ownOperators.first { $0.name == versionCase.name }
      #expect(Set(versionCase.versions).isSubset(of: type?.versions ?? []), "\(versionCase.testDescription)")
    }
  }
}
