import InfoldOperators

/// ONNX messages by field number, so that the tests do not depend on the code that they test.
public enum Onnx {
  public static func model(
    ir: Int? = 8, opsets: [(String, Int)] = [("", 13)], graph: [Wire]?, more: [Wire] = []
  ) -> [UInt8] {
    let header = ir.map { [Wire.int(1, $0)] } ?? []
    let imports = opsets.map { Wire.message(8, [.text(1, $0.0), .int(2, $0.1)]) }
    return (header + imports + (graph.map { [.message(7, $0)] } ?? []) + more).bytes
  }

  public static func node(
    _ opType: String, name: String = "", domain: String = "", _ inputs: [String], _ outputs: [String],
    attributes: [[Wire]] = [], more: [Wire] = []
  ) -> Wire {
    let places = inputs.map { Wire.text(1, $0) } + outputs.map { Wire.text(2, $0) }
    let names: [Wire] = [.text(3, name), .text(4, opType), .text(7, domain)]
    return .message(1, places + names + attributes.map { .message(5, $0) } + more)
  }

  /// A function of the model, whose body consists of nodes made by `node`.
  public static func function(
    _ name: String, domain: String = "local", _ inputs: [String], _ outputs: [String], _ nodes: [Wire],
    opsets: [(String, Int)] = [("", 13), ("local", 1)], more: [Wire] = []
  ) -> Wire {
    let places = inputs.map { Wire.text(4, $0) } + outputs.map { Wire.text(5, $0) }
    let body = nodes.map { $0.inField(7) }
    let imports = opsets.map { Wire.message(9, [.text(1, $0.0), .int(2, $0.1)]) }
    return .message(25, [.text(1, name), .text(10, domain)] + places + body + imports + more)
  }

  public static func attribute(_ name: String, type: Int, _ fields: [Wire]) -> [Wire] {
    [.text(1, name), .int(20, type)] + fields
  }

  public static func input(_ name: String, type: Int = 1, _ dims: [Wire]? = nil) -> Wire {
    .message(11, declaration(name, type: type, dims))
  }

  public static func output(_ name: String, type: Int = 1, _ dims: [Wire]? = nil) -> Wire {
    .message(12, declaration(name, type: type, dims))
  }

  /// A ValueInfoProto; without `dims`, of unknown rank.
  public static func declaration(_ name: String, type: Int = 1, _ dims: [Wire]?) -> [Wire] {
    let shape = dims.map { [Wire.message(2, $0)] } ?? []
    return [.text(1, name), .message(2, [.message(1, [.int(1, type)] + shape)])]
  }

  public static func dim(_ size: Int) -> Wire { .message(1, [.int(1, size)]) }
  public static func dim(_ symbol: String) -> Wire { .message(1, [.text(2, symbol)]) }

  public static func initializer(_ name: String, type: Int = 1, _ dims: [Int], _ data: [Wire]) -> Wire {
    .message(5, tensor(name: name, type: type, dims, data))
  }

  public static func tensor(name: String = "", type: Int = 1, _ dims: [Int], _ data: [Wire]) -> [Wire] {
    dims.map { .int(1, $0) } + [.int(2, type), .text(8, name)] + data
  }

  public static func raw(_ numbers: [Float]) -> Wire { .bytes(9, numbers.flatMap { Wire.littleEndian($0.bitPattern) }) }

  /// y = Relu(x), and whatever `more` adds to the graph.
  public static func relu(ir: Int = 8, more: [Wire] = []) -> [UInt8] {
    model(
      ir: ir, graph: [.text(2, "g"), input("x", [dim("N"), dim(3)]), output("y"), node("Relu", ["x"], ["y"])] + more)
  }

  /// A model in which a value's type is a sequence of sequences, with `depth` nested messages in total.
  public static func model(nested depth: Int) -> [UInt8] {
    // ModelProto, GraphProto, ValueInfoProto and TypeProto contain the first of the pairs of sequence_type and elem_type.
    var length = 0
    var headers: [[UInt8]] = []
    for level in 0..<depth - 4 {
      let header = Wire.encoded(UInt64(level.isMultiple(of: 2) ? 1 : 4) << 3 | 2) + Wire.encoded(UInt64(length))
      headers.append(header)
      length += header.count
    }
    let type = headers.reversed().flatMap { $0 }
    return Onnx.relu(more: [.message(13, [.text(1, "v"), .bytes(2, type)])])
  }
}
