import Foundation
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct RunTests {
  private let folder: TemporaryFolder
  /// y = Relu(x) for x [N, 3].
  private let relu: String
  /// s = a + b for a [N, C] and b [N, C], where the file declares b as optional.
  private let sum: String

  init() throws {
    folder = try TemporaryFolder()
    relu = try folder.write("relu.onnx", Onnx.relu())
    sum = try folder.write("sum.onnx", Onnx.sum(Onnx.initializer("b", [1, 2], [Onnx.raw([10, 20])])))
  }

  private func npy(_ name: String, _ shape: [Int], _ elements: [Float]) throws -> String {
    try folder.write(name, NumPyFile.encode(Tensor(shape: shape, elements)))
  }

  private func outputs(_ result: ToolResult) throws -> [[String: Any]] {
    let report: [String: Any] = try result.json()
    return try #require(report["outputs"] as? [[String: Any]])
  }

  @Test func runsOnNumPyFiles() throws {
    let x = try npy("x.npy", [2, 3], [-1, 2, -3, 4, -5, 6])
    let result = try infold("run", relu, "--input", "x=" + x, "--output", folder.path("out/deep"))
    #expect(result.status == 0, "\(result.error)")
    #expect(result.error == "")
    #expect(result.output.contains("y  float32 [2, 3]\n  min 0  max 6  mean 2\n"))
    #expect(try NumPyFile.read(folder.path("out/deep/y.npy")) == Tensor(shape: [2, 3], [0, 2, 0, 4, 0, 6] as [Float]))
  }

  /// 1 + 2⁻³⁰ is not a float32 number. Its summands are, so the sum shows which precision computes it.
  @Test func computesInDoublePrecision() throws {
    let a = try npy("a.npy", [1, 2], [1, 3]), b = try npy("b.npy", [1, 2], [0x1p-30, 4])
    let arguments = ["run", sum, "--input", "a=" + a, "--input", "b=" + b, "--output", folder.path("out")]
    let result = try infold(arguments + ["--double"])
    #expect(result.status == 0, "\(result.error)")
    #expect(try NumPyFile.read(folder.path("out/s.npy")) == Tensor(shape: [1, 2], [1 + 0x1p-30, 7] as [Double]))
    #expect(try infold(arguments).status == 0)
    #expect(try NumPyFile.read(folder.path("out/s.npy")) == Tensor(shape: [1, 2], [1, 7] as [Float]))
  }

  /// A quarter of the smallest normal number times two, and a sum of two of them: subnormal, or zero.
  @Test func subnormalNumbers() throws {
    let tiny: Float = 0x1p-130
    let a = try npy("a.npy", [1, 2], [tiny, 1]), b = try npy("b.npy", [1, 2], [tiny, 2])
    let arguments = ["run", sum, "--input", "a=" + a, "--input", "b=" + b, "--output", folder.path("out")]
    for (options, first) in [
      ([], 0), (["--subnormals", "kept"], 2 * tiny), (["--precision", "exact"], 2 * tiny),
      (["--no-optimize"], 2 * tiny),
      (["--no-optimize", "--subnormals", "flushed"], 0), (["--precision", "exact", "--subnormals", "flushed"], 0),
    ] as [([String], Float)] {
      #expect(try infold(arguments + options).status == 0)
      #expect(try NumPyFile.read(folder.path("out/s.npy")) == Tensor(shape: [1, 2], [first, 3]), "\(options)")
    }
    try expectRefusal(arguments + ["--subnormals", "none"], "kept", "flushed")
  }

  @Test func doublePrecisionRefusesTheSame() throws {
    try expectRefusal(["run", relu, "--double"], "missing input: \"x\"")
    let x = try npy("x.npy", [2, 4], [Float](repeating: 0, count: 8))
    try expectRefusal(["run", relu, "--double", "--input", "x=" + x], "relu.onnx", "\"x\"")
  }

  @Test func runsOnTensorProtos() throws {
    let x = try folder.write("x.pb", Onnx.tensor([1, 3], [Onnx.raw([-1, 2, 5])]).bytes)
    let output = try #require(try outputs(infold("run", relu, "--input", "x=" + x, "--json")).first)
    #expect(output["name"] as? String == "y")
    #expect(output["type"] as? String == "float32")
    #expect(output["shape"] as? [Int] == [1, 3])
    #expect(output["max"] as? Double == 5)
    #expect(output["min"] as? Double == 0)
    #expect(output["nan"] as? Int == 0)
  }

  @Test func mapsNamesToFiles() throws {
    let names = ["a/b:c", "..", "=d"]
    let graph = [Onnx.input("x", [Onnx.dim(1)])] + names.flatMap { [Onnx.output($0), Onnx.node("Relu", ["x"], [$0])] }
    let path = try folder.write("names.onnx", Onnx.model(graph: graph))
    let result = try infold("run", path, "--random", "1", "--output", folder.path("out"), "--json")
    let report: [String: Any] = try result.json()
    let files = try #require(report["files"] as? [String: String])
    #expect(
      files == [
        "a/b:c": folder.path("out/a_b_c.npy"), "..": folder.path("out/...npy"), "=d": folder.path("out/=d.npy"),
      ])
    for file in files.values { #expect(try NumPyFile.read(file).shape == [1]) }
  }

  @Test func refusesNamesThatCollideBeforeRunning() throws {
    func model(_ names: [String]) throws -> String {
      let graph =
        [Onnx.input("x", [Onnx.dim(1)])] + names.flatMap { [Onnx.output($0), Onnx.node("Relu", ["x"], [$0])] }
      return try folder.write("names.onnx", Onnx.model(graph: graph))
    }
    let out = folder.path("out")
    try expectRefusal(
      ["run", model(["a/b", "a:b"]), "--random", "1", "--output", out], "\"a/b\"", "\"a:b\"", "a_b.npy")
    let long = String(repeating: "n", count: 252)
    try expectRefusal(["run", model([long]), "--random", "1", "--output", out], "cannot be a file name")
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test func refusesAFolderThatIsNone() throws {
    try expectRefusal(["run", relu, "--random", "1", "--output", relu], "is a file, not a folder")
  }

  @Test func takesDefaults() throws {
    let a = try npy("a.npy", [1, 2], [1, 2]), b = try npy("b.npy", [1, 2], [5, 5])
    #expect(try outputs(infold("run", sum, "--input", "a=" + a, "--json"))[0]["max"] as? Double == 22)
    #expect(
      try outputs(infold("run", sum, "--input", "a=" + a, "--input", "b=" + b, "--json"))[0]["max"] as? Double == 7)
    let two = try npy("two.npy", [2, 2], [1, 2, 3, 4])
    let warned = try infold("run", sum, "--input", "a=" + two, "--json")
    #expect(try outputs(warned)[0]["max"] as? Double == 24)
    #expect(warned.error.contains("warning: \(sum): the input \"b\" has the shape [1, 2]"))
    try expectRefusal(
      ["run", sum, "--strict", "--input", "a=" + two], "default value of the input \"b\"", "N would be 1",
      "\"a\" sets it to 2")
  }

  @Test func drawsRandomNumbersByInput() throws {
    // The first input's stream begins at the seed, the second's at the first number of that stream.
    var first = SplitMix64(seed: 42)
    let a = try Tensor(random: [2, 3], of: .float32, using: &first)
    var seeds = SplitMix64(seed: 42)
    var second = SplitMix64(seed: seeds.next())
    let b = try Tensor(random: [2, 3], of: .float32, using: &second)
    let out = folder.path("out")
    let result = try infold(
      "run", sum, "--random", "42", "--shape", "a=2x3", "--shape", "b=2x3", "--output", out)
    #expect(result.status == 0, "\(result.error)")
    let expected = zip(try a.elements(as: Float.self), try b.elements(as: Float.self)).map { $0 + $1 }
    #expect(try NumPyFile.read(out + "/s.npy") == Tensor(shape: [2, 3], expected))
  }

  @Test func takesSizesFromOtherInputs() throws {
    // b has no file. Its N and C are those of a.
    let a = try npy("a.npy", [4, 2], Array(repeating: 0, count: 8))
    let path = try folder.write(
      "add.onnx",
      Onnx.model(graph: [
        Onnx.input("a", [Onnx.dim("N"), Onnx.dim("C")]), Onnx.input("b", [Onnx.dim("N"), Onnx.dim("C")]),
        Onnx.output("s"), Onnx.node("Add", ["a", "b"], ["s"]),
      ]))
    let result = try infold("run", path, "--input", "a=" + a, "--random", "0", "--json")
    #expect(try outputs(result)[0]["shape"] as? [Int] == [4, 2])
    try expectRefusal(["run", path, "--random", "0"], "\"a\" (float32 [N, C])", "--shape")
  }

  @Test func takesAnOpenBatchAsOne() throws {
    #expect(try outputs(infold("run", relu, "--random", "0", "--json"))[0]["shape"] as? [Int] == [1, 3])
    let large = try infold("run", relu, "--random", "0", "--shape", "x=7x3", "--json")
    #expect(try outputs(large)[0]["shape"] as? [Int] == [7, 3])
  }

  @Test func splitsBehindKnownNames() throws {
    let path = try folder.write(
      "names.onnx",
      Onnx.model(graph: [
        Onnx.input("a", [Onnx.dim(1)]), Onnx.input("a=b", [Onnx.dim(1)]), Onnx.output("s"),
        Onnx.node("Sub", ["a", "a=b"], ["s"]),
      ]))
    let a = try npy("x=1.npy", [1], [5]), b = try npy("y.npy", [1], [3])
    let result = try infold("run", path, "--input", "a=" + a, "--input", "a=b=" + b, "--json")
    #expect(try outputs(result)[0]["max"] as? Double == 2)
    let random = try infold("run", path, "--random", "1", "--shape", "a=b=1", "--input", "a=" + a, "--json")
    #expect(random.status == 0)
  }

  @Test func showsTheLargestOfScores() throws {
    let x = try npy("x.npy", [2, 3], [1, 2, 3, 4, 5, 6])
    #expect(try !infold("run", relu, "--input", "x=" + x).output.contains("largest"))
    let path = try folder.write(
      "scores.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(1), Onnx.dim(6)]), Onnx.output("y"), Onnx.node("Relu", ["x"], ["y"]),
      ]))
    let scores = try npy("scores.npy", [1, 6], [1, 9, 3, .nan, 5, 6])
    let result = try infold("run", path, "--input", "x=" + scores, "--json")
    let top = try #require(try outputs(result)[0]["top"] as? [[String: Any]])
    #expect(top.map { $0["index"] as? Int } == [1, 5, 4, 2, 0])
    #expect(top[0]["score"] as? Double == 9)
    #expect(try outputs(result)[0]["nan"] as? Int == 1)
  }

  @Test func refusesBadInputs() throws {
    let x = try npy("x.npy", [1, 3], [1, 2, 3])
    let wrong = try npy("wrong.npy", [1, 4], [1, 2, 3, 4])
    let text = try folder.write("text.txt", [1])
    let broken = try folder.write("broken.npy", [1, 2, 3]), brokenMessage = try folder.write("broken.pb", [1, 2, 3])
    try expectRefusal(["run", relu], "\"x\" (float32 [N, 3])", "--random SEED")
    try expectRefusal(["run", relu, "--input", x], "does not have the form NAME=FILE", "\"x\"")
    try expectRefusal(["run", relu, "--input", "z=" + x], "does not have the form NAME=FILE")
    try expectRefusal(["run", relu, "--input", "x=" + x, "--input", "x=" + x], "twice")
    try expectRefusal(["run", relu, "--input", "x=" + wrong], "[1, 4]", "[N, 3]")
    try expectRefusal(["run", relu, "--input", "x=" + text], text, "neither a .npy nor a .pb")
    try expectRefusal(["run", relu, "--input", "x=" + broken], broken, "not a .npy file")
    try expectRefusal(["run", relu, "--input", "x=" + brokenMessage], brokenMessage)
    try expectRefusal(["run", relu, "--input", "x=missing.npy"], "missing.npy", "no such file")
  }

  @Test(arguments: [
    ("x", "must have the form"), ("=1x3", "must have the form"),
    ("z=1x3", "is not a graph input; the inputs are \"x\""),
    ("x=1x", "must have the form"),
    ("x=", "must have the form"), ("x=ax3", "must have the form"), ("x=-1x3", "must have the form"),
    ("x=+1x3", "must have the form"), ("x=1X3", "must have the form"), ("x=1.5x3", "must have the form"),
    ("x=99999999999999999999x3", "must have the form"), ("x=1x4", "the model expects [N, 3]"),
    ("z=1", "\"z\" is neither an input of the model nor a symbol in the shapes of its inputs"),
    ("n=1", "did you mean \"N\"?"), ("N=1x3", "\"N\" is a symbol"), ("N=1x3", "--shape N=1"), ("N=-1", "at least 0"),
    ("x=1x0", "the model expects [N, 3]"),
    ("x=1x3x1", "the model expects [N, 3]"), ("x=9223372036854775807x3", "does not fit into memory"),
    ("x=4611686018427387904x3", "does not fit into memory"), ("x=1000000000000x3", "does not fit into memory"),
  ])
  func refusesBadShapes(shape: String, part: String) throws {
    try expectRefusal(["run", relu, "--random", "0", "--shape", shape], part)
  }

  @Test func fixesShapesAhead() throws {
    let a = try npy("a.npy", [2, 3], [1, 2, 3, 4, 5, 6])
    let path = try folder.write(
      "add.onnx",
      Onnx.model(graph: [
        Onnx.input("a", [Onnx.dim("N"), Onnx.dim("C")]), Onnx.input("b", [Onnx.dim("N"), Onnx.dim("C")]),
        Onnx.output("s"), Onnx.node("Add", ["a", "b"], ["s"]),
      ]))
    // The shape of a determines that of b. A file of the same shape is accepted in addition.
    let random = try infold("run", path, "--random", "0", "--shape", "a=2x3", "--json")
    #expect(try outputs(random)[0]["shape"] as? [Int] == [2, 3])
    let both = try infold("run", path, "--input", "a=" + a, "--input", "b=" + a, "--shape", "a=2x3", "--json")
    #expect(try outputs(both)[0]["max"] as? Double == 12)
    let file = ["run", path, "--input", "a=" + a, "--random", "0"]
    try expectRefusal(
      file + ["--shape", "a=4x3"], "--input gives \"a\" the shape [2, 3], but with --shape the model expects [4, 3]")
    try expectRefusal(
      file + ["--shape", "b=4x3"], "--input gives \"a\" the shape [2, 3], but with --shape the model expects [4, 3]")
    let shapes = ["run", path, "--random", "0", "--shape", "a=2x3", "--shape"]
    try expectRefusal(
      shapes + ["b=4x3", "--strict"], "\"b\" has the shape [4, 3]", "N would be 4, but the input \"a\" sets it to 2")
    try expectRefusal(shapes + ["a=2x3"], "--shape gives the shape of \"a\" twice")
    try expectRefusal(["run", path, "--shape", "a=2x3"], "missing input: \"a\" (float32 [2, 3])")
    // A default value is used if there is no seed, and the shape is that of the default.
    let one = try npy("one.npy", [1, 2], [1, 2])
    let kept = try infold("run", sum, "--input", "a=" + one, "--shape", "b=1x2", "--json")
    #expect(try outputs(kept)[0]["max"] as? Double == 22)
    let two = try npy("two.npy", [2, 2], [1, 2, 3, 4])
    try expectRefusal(
      ["run", sum, "--input", "a=" + two, "--shape", "b=2x2"],
      "the default value of the input \"b\" has the shape [1, 2]")
  }

  @Test func runsOnNothing() throws {
    let result = try infold("run", relu, "--input", "x=" + npy("none.npy", [0, 3], []), "--json")
    #expect(try outputs(result)[0]["shape"] as? [Int] == [0, 3])
    #expect(try !outputs(result)[0].keys.contains("max"))
  }

  @Test func refusesWhatItCannotRun() throws {
    let path = try folder.write(
      "opaque.onnx",
      Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(1)]), Onnx.output("y"), Onnx.node("Bogus", name: "n1", ["x"], ["h"]),
        Onnx.node("Strange", name: "n2", ["h"], ["y"]),
      ]))
    try expectRefusal(["run", path, "--random", "0"], path, "Bogus", "n1", "Strange", "n2")
  }

  /// Row s of the recording contains the results of ONNX Runtime for seed s.
  @Test(arguments: [0, 7, 19])
  func agreesWithTheRecordedProbabilities(seed: Int) throws {
    let model = repositoryFile("Models/efficientnet-lite0.onnx")
    let result = try infold("run", model, "--random", "\(seed)", "--output", folder.path)
    #expect(result.status == 0, "\(result.error)")
    let recorded = try NumPyFile.read(repositoryFile("Tests/Recorded/efficientnet-lite0/random.npy"))
    let expected = try recorded.elements(as: Float.self)[(seed * 1000)..<((seed + 1) * 1000)]
    let actual = try NumPyFile.read(folder.path("probs.npy"))
    #expect(actual.shape == [1, 1000])
    let difference = zip(try actual.elements(as: Float.self), expected).map { ($0 - $1).magnitude }.max()!
    #expect(difference <= 1e-5)
  }
}
