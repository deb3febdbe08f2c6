import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import TestSupport
import Testing

/// Models that violate a rule of the format.
struct ModelErrorTests {
  @Test(arguments: [2, 15, 0, -1]) func irVersions(ir: Int) {
    expectError(.unsupported, "IR version \(ir)", "3 to 14") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(ir: ir), operators: .standard)
    }
  }

  @Test func missingParts() {
    expectError(.malformedData, "no IR version") { () throws(InfoldError) in
      try Model(bytes: Onnx.model(ir: nil, graph: []), operators: .standard)
    }
    expectError(.invalidModel, "no graph") { () throws(InfoldError) in
      try Model(bytes: Onnx.model(graph: nil), operators: .standard)
    }
    expectError(.invalidModel, "imports no opset") { () throws(InfoldError) in
      try Model(bytes: Onnx.model(opsets: [], graph: []), operators: .standard)
    }
  }

  @Test func opsetImports() {
    expectError(.invalidModel, "\"ai.onnx\" is imported in two versions, 13 and 14") { () throws(InfoldError) in
      try Model(bytes: Onnx.model(opsets: [("", 13), ("ai.onnx", 14)], graph: []), operators: .standard)
    }
    expectError(.invalidModel, "\"d\"", "version -1") { () throws(InfoldError) in
      try Model(bytes: Onnx.model(opsets: [("d", -1)], graph: []), operators: .standard)
    }
    expectError(.invalidModel, "missing opset import", "node \"n\" (Relu)") { () throws(InfoldError) in
      try Model(
        bytes: Onnx.model(opsets: [("d", 1)], graph: [Onnx.input("x"), Onnx.node("Relu", name: "n", ["x"], ["y"])]),
        operators: .standard)
    }
    expectError(.invalidModel, "opset of the domain \"d\"", "node \"n\" (d.Op)") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.node("Op", name: "n", domain: "d", ["x"], ["z"])]), operators: .standard)
    }
  }

  /// If an opset is imported twice in the same version, it counts, and is written, once.
  @Test func importsThatStandTwice() throws {
    for twice in [[("", 13), ("d", 1), ("", 13)], [("", 13), ("d", 1), ("ai.onnx", 13)]] {
      let model = try Model(
        bytes: Onnx.model(opsets: twice, graph: [Onnx.input("x"), Onnx.node("Relu", name: "n", ["x"], ["y"])]),
        operators: .standard)
      #expect(model.opsetImports.map(\.domain) == ["", "d"])
      #expect(model.opsetImports.map(\.version) == [13, 1])
      let written = try model.serialized()
      #expect(try Model(bytes: written, operators: .standard).opsetImports == model.opsetImports)
      #expect(try Model(bytes: written, operators: .standard).serialized() == written)
    }
  }

  @Test func definitions() {
    expectError(.invalidModel, "undefined value", "\"nowhere\"", "node \"n\" (Relu)") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.node("Relu", name: "n", ["nowhere"], ["z"])]), operators: .standard)
    }
    expectError(.invalidModel, "duplicate value name", "\"y\"", "node \"n\" (Relu)") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.node("Relu", name: "n", ["x"], ["y"])]), operators: .standard)
    }
    expectError(.invalidModel, "duplicate value name", "\"x\"", "node \"n\" (Relu)") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.node("Relu", name: "n", ["y"], ["x"])]), operators: .standard)
    }
    expectError(.invalidModel, "duplicate value name", "\"w\"") { () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [Onnx.node("Relu", ["y"], ["w"]), Onnx.initializer("w", [1], [Onnx.raw([1])])]),
        operators: .standard)
    }
    expectError(.invalidModel, "undefined value", "output \"z\"") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.output("z")]), operators: .standard)
    }
    expectError(.invalidModel, "cycle", "node \"n\" (Relu)") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.node("Relu", name: "n", ["z"], ["z"])]), operators: .standard)
    }
    expectError(.invalidModel, "undefined value", "\"nowhere\"", "node \"n\"") { () throws(InfoldError) in
      let body: [Wire] = [Onnx.node("Relu", ["nowhere"], ["b"]), Onnx.output("b")]
      return try Model(
        bytes: Onnx.relu(more: [
          Onnx.node(
            "If", name: "n", ["x"], ["z"],
            attributes: ["then_branch", "else_branch"].map { Onnx.attribute($0, type: 5, [.message(6, body)]) })
        ]), operators: .standard)
    }
  }

  @Test func doubledNames() {
    expectError(.invalidModel, "duplicate name of a graph input: \"x\"") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.input("x")]), operators: .standard)
    }
    expectError(.invalidModel, "duplicate name of an initializer: \"w\"") { () throws(InfoldError) in
      let w = Onnx.initializer("w", [1], [Onnx.raw([1])])
      return try Model(bytes: Onnx.relu(more: [w, w]), operators: .standard)
    }
    expectError(.invalidModel, "duplicate attribute name \"a\"", "node \"n\"") { () throws(InfoldError) in
      let a = Onnx.attribute("a", type: 2, [.int(3, 1)])
      return try Model(
        bytes: Onnx.relu(more: [Onnx.node("Op", name: "n", ["x"], ["z"], attributes: [a, a])]), operators: .standard)
    }
  }

  @Test func missingNames() {
    expectError(.invalidModel, "graph input has no name") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.input("")]), operators: .standard)
    }
    expectError(.invalidModel, "graph output has no name") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.output("")]), operators: .standard)
    }
    expectError(.invalidModel, "initializer has no name") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.initializer("", [1], [Onnx.raw([1])])]), operators: .standard)
    }
    expectError(.invalidModel, "has no operator type", "\"z\"") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.node("", ["x"], ["z"])]), operators: .standard)
    }
    expectError(.invalidModel, "attribute has no name") { () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [Onnx.node("Op", ["x"], ["z"], attributes: [Onnx.attribute("", type: 2, [])])]),
        operators: .standard)
    }
    expectError(.invalidModel, "function of the model has no name") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu() + Wire.message(25, []).bytes, operators: .standard)
    }
  }

  @Test func declaredTypes() {
    expectError(.malformedData, "value \"v\"", "element type 99 is unknown") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.input("v", type: 99)]), operators: .standard)
    }
    expectError(.malformedData, "value \"v\"", "size -2") { () throws(InfoldError) in
      try Model(bytes: Onnx.relu(more: [Onnx.input("v", [Onnx.dim(-2)])]), operators: .standard)
    }
    expectError(.malformedData, "value \"v\"", "element type 99 is unknown") { () throws(InfoldError) in
      let optional: [Wire] = [.message(9, [.message(1, [.message(1, [.int(1, 99)])])])]
      return try Model(
        bytes: Onnx.relu(more: [.message(11, [.text(1, "v"), .message(2, optional)])]), operators: .standard)
    }
  }

  /// The declared types of inputs are always binding.
  @Test(arguments: [
    Onnx.input("w", [Onnx.dim(3)]), Onnx.input("w", type: 11, [Onnx.dim(2)]), Onnx.input("w", []),
  ])
  func initializersContradictWhatBinds(declaration: Wire) {
    expectError(.invalidModel, "initializer \"w\" is float32 [2]", "declares it as") { () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [declaration, Onnx.initializer("w", [2], [Onnx.raw([1, 2])])]), operators: .standard)
    }
  }

  @Test(arguments: [
    Onnx.input("w", [Onnx.dim(3)]), Onnx.input("w", type: 11, [Onnx.dim(2)]), Onnx.input("w", []),
    Wire.message(13, Onnx.declaration("w", [Onnx.dim(3)])),
    Wire.message(13, Onnx.declaration("w", type: 11, [Onnx.dim(2)])),
  ])
  func initializersContradictDeclarations(declaration: Wire) {
    expectError(.invalidModel, "initializer \"w\" is float32 [2]", "declares it as") { () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [declaration, Onnx.initializer("w", [2], [Onnx.raw([1, 2])])]), operators: .standard,
        declaredShapes: .binding)
    }
  }

  @Test func inferredTypesContradictDeclarations() {
    expectError(.invalidModel, "node \"n\" (Relu)", "\"z\" is float32 [N, 3]", "declares it as float32 [4]") {
      () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [Onnx.node("Relu", name: "n", ["x"], ["z"]), Onnx.output("z", [Onnx.dim(4)])]),
        operators: .standard,
        declaredShapes: .binding)
    }
    expectError(.invalidModel, "node \"n\" (Relu)", "\"z\" is float32 [N, 3]", "declares it as int64 [N, 3]") {
      () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [
          Onnx.node("Relu", name: "n", ["x"], ["z"]), Onnx.output("z", type: 7, [Onnx.dim("N"), Onnx.dim(3)]),
        ]), operators: .standard, declaredShapes: .binding)
    }
  }

  private func expectAttributeError(_ code: InfoldError.Code, _ part: String, type: Int, _ fields: [Wire]) {
    expectError(code, "node \"n\" (Op)", "attribute \"a\"", part) { () throws(InfoldError) in
      try Model(
        bytes: Onnx.relu(more: [
          Onnx.node("Op", name: "n", ["x"], ["z"], attributes: [Onnx.attribute("a", type: type, fields)])
        ]), operators: .standard)
    }
  }

  @Test func attributes() {
    expectAttributeError(.malformedData, "has no type", type: 0, [.int(3, 1)])
    expectAttributeError(.malformedData, "type 15 is unknown", type: 15, [])
    expectAttributeError(.malformedData, "the field f", type: 2, [.int(3, 1), .float(2, 1)])
    expectAttributeError(.malformedData, "the field ints", type: 1, [.int(8, 1)])
    expectAttributeError(.malformedData, "has no value", type: 4, [])
    expectAttributeError(.malformedData, "has no value", type: 5, [])
    expectAttributeError(.malformedData, "has no value", type: 11, [])
    expectAttributeError(.malformedData, "has no value", type: 13, [])
    expectAttributeError(.invalidModel, "function attribute", type: 2, [.text(21, "outer")])
    expectAttributeError(.malformedData, "needs 2", type: 4, [.message(5, Onnx.tensor([2], [.float(4, 1)]))])
    expectAttributeError(.malformedData, "needs 2", type: 9, [.message(10, Onnx.tensor([2], [.float(4, 1)]))])
    expectAttributeError(.malformedData, "99 is unknown", type: 14, [.message(15, [.message(1, [.int(1, 99)])])])
    expectAttributeError(.malformedData, "values and indices", type: 12, [.message(23, [])])
  }
}
