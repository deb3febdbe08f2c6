/// ONNX messages by the numbers of the format, so that the tests do not depend on what they test.
enum Onnx {
  static func model(
    ir: Int? = 8, opsets: [(String, Int)] = [("", 13)], graph: [Wire]?, more: [Wire] = []
  ) -> [UInt8] {
    let header = ir.map { [Wire.int(1, $0)] } ?? []
    let imports = opsets.map { Wire.message(8, [.text(1, $0.0), .int(2, $0.1)]) }
    return (header + imports + (graph.map { [.message(7, $0)] } ?? []) + more).bytes
  }

  static func node(
    _ opType: String, name: String = "", domain: String = "", _ inputs: [String], _ outputs: [String],
    attributes: [[Wire]] = [], more: [Wire] = []
  ) -> Wire {
    let places = inputs.map { Wire.text(1, $0) } + outputs.map { Wire.text(2, $0) }
    let names: [Wire] = [.text(3, name), .text(4, opType), .text(7, domain)]
    return .message(1, places + names + attributes.map { .message(5, $0) } + more)
  }

  static func attribute(_ name: String, type: Int, _ fields: [Wire]) -> [Wire] {
    [.text(1, name), .int(20, type)] + fields
  }

  static func input(_ name: String, type: Int = 1, _ dims: [Wire]? = nil) -> Wire {
    .message(11, declaration(name, type: type, dims))
  }

  static func output(_ name: String, type: Int = 1, _ dims: [Wire]? = nil) -> Wire {
    .message(12, declaration(name, type: type, dims))
  }

  /// A ValueInfoProto; without `dims`, of unknown rank.
  static func declaration(_ name: String, type: Int = 1, _ dims: [Wire]?) -> [Wire] {
    let shape = dims.map { [Wire.message(2, $0)] } ?? []
    return [.text(1, name), .message(2, [.message(1, [.int(1, type)] + shape)])]
  }

  static func dim(_ size: Int) -> Wire { .message(1, [.int(1, size)]) }
  static func dim(_ symbol: String) -> Wire { .message(1, [.text(2, symbol)]) }

  static func initializer(_ name: String, type: Int = 1, _ dims: [Int], _ data: [Wire]) -> Wire {
    .message(5, tensor(name: name, type: type, dims, data))
  }

  static func tensor(name: String = "", type: Int = 1, _ dims: [Int], _ data: [Wire]) -> [Wire] {
    dims.map { .int(1, $0) } + [.int(2, type), .text(8, name)] + data
  }

  static func raw(_ numbers: [Float]) -> Wire { .bytes(9, numbers.flatMap { Wire.littleEndian($0.bitPattern) }) }

  /// y = Relu(x), and whatever `more` adds to the graph.
  static func relu(ir: Int = 8, more: [Wire] = []) -> [UInt8] {
    model(
      ir: ir, graph: [.text(2, "g"), input("x", [dim("N"), dim(3)]), output("y"), node("Relu", ["x"], ["y"])] + more)
  }
}
