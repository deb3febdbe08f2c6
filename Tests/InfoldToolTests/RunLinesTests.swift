import Foundation
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// `infold run --lines`.
@Suite struct RunLinesTests {
  private let folder: TemporaryFolder
  /// y = Relu(x) for x [N, 3].
  private let relu: String
  /// s = a + b for a and b [N, C].
  private let sum: String

  init() throws {
    folder = try TemporaryFolder()
    relu = try folder.write("relu.onnx", Onnx.relu())
    sum = try folder.write("sum.onnx", Onnx.sum())
  }

  private func npy(_ name: String, _ shape: [Int], _ elements: [Float]) throws -> String {
    try folder.write(name, NumPyFile.encode(Tensor(shape: shape, elements)))
  }

  private func answers(_ result: ToolResult) throws -> [[String: Any]] {
    try result.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  private func output(_ answer: [String: Any], _ name: String) throws -> [String: Any] {
    try #require((answer["outputs"] as? [String: Any])?[name] as? [String: Any], "\(answer)")
  }

  @Test func takesPathsAndNumbers() throws {
    let x = try npy("x.npy", [2, 3], [-1, 2, -3, 4, -5, 6])
    let lines = [
      x, #"{"inputs": {"x": "\#(x)"}}"#, #"{"inputs": {"x": {"file": "\#(x)"}}}"#,
      #"{"inputs": {"x": [[-1, 2, -3.0], [4, -5, 6e0]]}}"#,
      #"{"inputs": {"x": {"type": "float32", "shape": [2, 3], "data": [-1, 2, -3, 4, -5, 6]}}}"#,
      #"{"inputs": {"x": {"shape": [2, 3], "data": [[-1, 2, -3], [4, -5, 6]]}}, "outputs": ["y"], "id": 5}"#,
    ]
    let result = try infold(["run", relu, "--lines"], input: lines.joined(separator: "\n"))
    #expect(result.status == 0 && result.error == "", "\(result.error)")
    let answers = try answers(result)
    #expect(answers.count == lines.count)
    for answer in answers {
      let y = try output(answer, "y")
      #expect(y["type"] as? String == "float32" && y["shape"] as? [Int] == [2, 3])
      #expect(y["data"] as? [Double] == [0, 2, 0, 4, 0, 6])
    }
    #expect(answers.map { $0["id"] as? Int } == [nil, nil, nil, nil, nil, 5])
  }

  @Test func writesFiles() throws {
    let line = #"{"inputs": {"x": [[1, -2, 3]]}, "outputs": {"y": "\#(folder.path("deep.npy"))"}}"#
    let other = #"{"inputs": {"x": [[-4, 5, 6]]}}"#
    let result = try infold(
      ["run", relu, "--lines", "--output", folder.path("out")], input: [line, other].joined(separator: "\n"))
    #expect(result.status == 0 && result.error == "", "\(result.error)")
    let answers = try answers(result)
    #expect(try output(answers[0], "y")["file"] as? String == folder.path("deep.npy"))
    #expect(try output(answers[1], "y")["file"] as? String == folder.path("out/2/y.npy"))
    #expect(try output(answers[1], "y")["data"] == nil)
    #expect(try NumPyFile.read(folder.path("deep.npy")) == Tensor(shape: [1, 3], [1, 0, 3] as [Float]))
    #expect(try NumPyFile.read(folder.path("out/2/y.npy")) == Tensor(shape: [1, 3], [0, 5, 6] as [Float]))
    // The other members of the answer.
    let inline = try infold(
      ["run", relu, "--lines", "--output", folder.path("out")],
      input: #"{"inputs": {"x": [[-4, 5, 6]]}, "outputs": {"y": null}}"#)
    #expect(try output(self.answers(inline)[0], "y")["data"] as? [Double] == [0, 5, 6])
  }

  @Test func sharesInputs() throws {
    let b = try npy("b.npy", [1, 2], [10, 20]), a = try npy("a.npy", [1, 2], [1, 2])
    let result = try infold(
      ["run", sum, "--lines", "--input", "b=" + b], input: a + "\n" + #"{"inputs": {"a": [[5, 6]]}}"#)
    #expect(result.status == 0 && result.error == "", "\(result)")
    let answers = try answers(result)
    #expect(try output(answers[0], "s")["data"] as? [Double] == [11, 22])
    #expect(try output(answers[1], "s")["data"] as? [Double] == [15, 26])
  }

  /// A model that returns its input, for each type that a line can contain.
  @Test(arguments: [
    (
      1, "float32", "[0.1,-0.0,3e+38,\"NaN\",\"-Infinity\",16777217]",
      "[0.1,-0.0,3e+38,\"NaN\",\"-Infinity\",16777216.0]"
    ),
    (11, "float64", "[0.1,1e-300,\"Infinity\"]", "[0.1,1e-300,\"Infinity\"]"),
    (10, "float16", "[0.5,65504,1e9]", "[0.5,65504.0,\"Infinity\"]"), (16, "bfloat16", "[0.5,1.00390625]", "[0.5,1.0]"),
    (2, "uint8", "[0,255]", "[0,255]"), (3, "int8", "[-128,127]", "[-128,127]"), (4, "uint16", "[65535]", "[65535]"),
    (5, "int16", "[-32768]", "[-32768]"), (6, "int32", "[-2147483648]", "[-2147483648]"),
    (7, "int64", "[9007199254740993,-9223372036854775808]", "[9007199254740993,-9223372036854775808]"),
    (12, "uint32", "[4294967295]", "[4294967295]"), (13, "uint64", "[18446744073709551615]", "[18446744073709551615]"),
    (9, "bool", "[true,false]", "[true,false]"),
  ])
  func keepsNumbers(code: Int, type: String, numbers: String, same: String) throws {
    let dims = [Onnx.dim("N")]
    let model = try folder.write(
      "identity.onnx",
      Onnx.model(graph: [
        Onnx.input("x", type: code, dims), Onnx.output("y", type: code, dims),
        Onnx.node("Identity", ["x"], ["y"]),
      ]))
    let result = try infold(["run", model, "--lines"], input: "{\"inputs\":{\"x\":\(numbers)}}\n")
    #expect(result.status == 0 && result.error == "", "\(result)")
    let count = numbers.split(separator: ",").count
    #expect(result.output == "{\"outputs\":{\"y\":{\"type\":\"\(type)\",\"shape\":[\(count)],\"data\":\(same)}}}\n")
  }

  @Test func answersErrorsInTheirPlaces() throws {
    let good = #"{"inputs": {"x": [[1, 2, 3]]}}"#
    let lines: [(line: String, code: String?, error: String)] = [
      (good, nil, ""), ("/no/such.npy", "fileAccess", "/no/such.npy: cannot be opened"),
      ("README.md", "invalidArgument", "neither a .npy nor a .pb file"), ("", "invalidArgument", "the line is empty"),
      ("-", "invalidArgument", "- is standard input"), ("{}", "malformedData", "\"inputs\""),
      (#"{"inputs": {}}"#, "invalidArgument", "\"x\""), (#"{"inputs": 3}"#, "malformedData", "inputs"),
      (#"{"inputs": {"z": 1}}"#, "invalidArgument", "\"z\" is not an input of the model; the names are \"x\""),
      (#"{"inputs": {"x": [[1, 2, 3]]}, "outputs": ["z"]}"#, "invalidArgument", "\"z\" is not an output"),
      (#"{"inputs": {"x": [[1, 2, 3]]}, "outputs": 5}"#, "malformedData", "outputs"),
      (#"{"inputs": {"x": [[1, 2, 3]]}, "output": 5}"#, "malformedData", "unknown key \"output\""),
      (
        #"{"inputs": {"x": [[1, 2, 3]]}, "outputs": {"y": "/tmp/y.txt"}}"#, "invalidArgument",
        "does not end in .npy"
      ),
      (#"{"inputs": {"x": [[1, 2, 3]]}, "outputs": {"y": "/no/such/y.npy"}}"#, "fileAccess", "/no/such/y.npy"),
      (#"{"inputs": {"x": [[1, 2], [3]]}}"#, "malformedData", "inputs.x[1]: the lists at one depth"),
      (#"{"inputs": {"x": [[1, 2], 3]}}"#, "malformedData", "inputs.x[1]: the lists at one depth"),
      (#"{"inputs": {"x": [3, [1, 2]]}}"#, "malformedData", "is not a number"),
      (#"{"inputs": {"x": [[[], []], [1, 2]]}}"#, "malformedData", "different lengths"),
      (#"{"inputs": {"x": [[1, 2, null]]}}"#, "malformedData", "number"),
      (#"{"inputs": {"x": [[1, 2, "a"]]}}"#, "malformedData", "inputs.x[0][2]: is not a number"),
      (
        #"{"inputs": {"x": [[1, 2, 1e99]]}}"#, "malformedData", "inputs.x[0][2]: is not a number, or"
      ),
      (#"{"inputs": {"x": {"shape": [1, 3], "data": [1, 2]}}}"#, "invalidArgument", "2 elements"),
      (#"{"inputs": {"x": {"shape": [-1, 3], "data": [1, 2, 3]}}}"#, "invalidArgument", "negative"),
      (#"{"inputs": {"x": {"shape": [4611686018427387904, 4], "data": [1]}}}"#, "limitExceeded", "is too large"),
      (#"{"inputs": {"x": {"shape": [100000000000, 3], "data": []}}}"#, "", ""),
      (
        #"{"inputs": {"x": {"shape": [1, 3]}}}"#, "invalidArgument",
        "must have either \"shape\" and \"data\", or \"file\""
      ),
      (
        #"{"inputs": {"x": {"type": "int8", "shape": [1, 3], "data": [1, 2, 3]}}}"#, "invalidArgument",
        "the model expects float32"
      ),
      (#"{"inputs": {"x": [[1, 2]]}}"#, "invalidArgument", "[1, 2]"),
      (
        #"{"inputs": {"x": \#(String(repeating: "[", count: 400))1\#(String(repeating: "]", count: 400))}}"#,
        "malformedData", "dimensions"
      ),
      (#"{"inputs": {"x": \#(String(repeating: "[", count: 100_000))"#, "malformedData", "not JSON"), (good, nil, ""),
    ]
    let result = try infold(["run", relu, "--lines"], input: lines.map { $0.line + "\n" }.joined())
    #expect(result.status == 0)
    #expect(result.error == "infold: \(lines.count - 2) of \(lines.count) lines were answered with an error\n")
    let answers = try answers(result)
    #expect(answers.count == lines.count)
    for (number, (answer, line)) in zip(answers, lines).enumerated() {
      #expect(line.code == "" || answer["code"] as? String == line.code, "\(line.line.prefix(100)): \(answer)")
      #expect(
        line.error.isEmpty || (answer["error"] as? String)?.contains(line.error) == true,
        "\(line.line.prefix(100)): \(answer)")
      #expect(answer["line"] as? Int == (line.code == nil ? nil : number + 1))
    }
  }

  @Test func computesInDoublePrecision() throws {
    let result = try infold(
      ["run", sum, "--lines", "--double"], input: #"{"inputs": {"a": [[1]], "b": [[9.313225746154785e-10]]}}"#)
    #expect(result.status == 0, "\(result.error)")
    let number = 1 + 0x1p-30
    #expect(result.output.contains(#""type":"float64","shape":[1,1],"data":[\#(number)]"#), "\(result.output)")
  }

  @Test func needsAnObjectForSeveralInputs() throws {
    let result = try infold(["run", sum, "--lines"], input: "a.npy\n")
    #expect(result.status == 0)
    #expect(
      (try answers(result)[0]["error"] as? String)?.contains("a line that is a path needs a model with one input")
        == true)
  }

  @Test func refusesWhatHasNoMeaning() throws {
    try expectRefusal(["run", relu, "--lines", "--random", "1"], "--lines and --random cannot be combined")
    try expectRefusal(["run", relu, "--lines", "--json"], "--lines and --json cannot be combined")
    try expectRefusal(["run", "-", "--lines"], "standard input contains the lines")
    try expectRefusal(["run", relu, "--lines", "--input", "x=-"], "standard input contains the lines")
    try expectRefusal(["run", relu, "--at-once", "2"], "--at-once needs --lines")
  }
}
