import Foundation
import InfoldGraph
import TestSupport
import Testing

@Suite struct OperatorPageTests {
  @Test func isCurrent() throws {
    let path = repositoryFolder + "/docs/Operators.md"
    let text = try OperatorPage().text
    if ProcessInfo.processInfo.environment["INFOLD_UPDATE_OPERATORS_PAGE"] != nil {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let isCurrent = try String(contentsOfFile: path, encoding: .utf8) == text
    #expect(isCurrent, "docs/Operators.md is not current: run tools/update-operators-page.sh")
  }

  /// Operators that ONNX Runtime adds to ONNX's own domain.
  private static let contributed = ["SimplifiedLayerNormalization"]

  /// Every operator has the versions that onnx 1.23.2 defines, each listed as `Conv 1 11 22`.
  @Test func versionsAreThoseOfONNX() throws {
    let list = try String(contentsOfFile: repositoryFolder + "/.build/onnx-cases/operators.txt", encoding: .utf8)
    let rows = list.split(separator: "\n").map { $0.split(separator: " ") }
    let versions = Dictionary(uniqueKeysWithValues: rows.map { (String($0[0]), $0.dropFirst().compactMap { Int($0) }) })
    for type in OperatorRegistry.standard.all where type.domain.isEmpty && !Self.contributed.contains(type.name) {
      // ONNX Runtime also writes it with older opsets.
      let own = type.name == "LayerNormalization" ? Array(type.versions.dropFirst()) : type.versions
      let known = own + (type.deprecation.map { [$0.opset] } ?? [])
      #expect(known == versions[type.name], "\(type.name)")
    }
    #expect(versions.values.joined().max() == OperatorRegistry.newestOpset)
  }
}
