import Foundation
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// `infold compare`, as a process.
@Suite struct CompareTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// y = Softmax(Gemm(Relu(Conv(image)))), with values whose names have a slash.
  private func network(weight: Float = 0.5, alpha: Float = 0.1, input: Shape = [1, 2, 6, 6]) throws -> Graph {
    var network = NetworkBuilder(seed: 2)
    let x = network.input(input, "image")
    var numbers = try network.random.tensor([3, 2, 3, 3]).elements(as: Float.self)
    numbers[4] = weight
    var y = try network.node("Conv", [x, network.constant(Tensor(shape: [3, 2, 3, 3], numbers))], name: "conv")
    y = try network.normalization(y, channels: 3, name: "bn")
    y = try network.node("LeakyRelu", [y], ["alpha": .float(alpha)], name: "relu")
    y = try network.node("Flatten", [y], name: "flatten")
    y = try network.node("Gemm", [y, network.weights([48, 6])], name: "gemm")
    y = try network.node("Softmax", [y], name: "softmax")
    var graph = try network.finished(y)
    for id in graph.valueIDs where graph[id].name.hasSuffix(".out") { graph[id].name = "/net/" + graph[id].name }
    return graph
  }

  private func write(_ graph: Graph, _ name: String) throws -> String {
    let path = folder.path(name)
    try Model(graph: graph, irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]).write(to: path)
    return path
  }

  @Test func equalModels() throws {
    let model = try write(network(), "a.onnx"), folded = folder.path("b.onnx")
    #expect(try infold("fold", model, "-o", folded).status == 0)
    let result = try infold("compare", model, folded, "--json", "--samples", "2")
    #expect(result.status == 0 && result.error == "")
    let report: [String: Any] = try result.json()
    #expect(report["equal"] as? Bool == true)
    #expect(report["first"] is NSNull)
    #expect(report["inputs"] as? [String] == ["random 1", "random 2"])
    let output = try #require((report["outputs"] as? [[String: Any]])?.first)
    #expect(output["name"] as? String == "/net/softmax.out")
    #expect((output["relativeDifference"] as? Double).map { $0 < 1e-5 } == true)
    let text = try infold("compare", model, folded)
    #expect(text.status == 0 && text.output.hasPrefix("equal: "))
  }

  @Test func differentModels() throws {
    let model = try write(network(), "a.onnx"), other = try write(network(alpha: 0.11), "b.onnx")
    let result = try infold("compare", model, other, "--json", "--seed", "5")
    #expect(result.status == 1 && result.error == "")
    let report: [String: Any] = try result.json()
    #expect(report["equal"] as? Bool == false)
    let first = try #require(report["first"] as? [String: Any])
    #expect(first["node"] as? String == "relu" && first["value"] as? String == "/net/relu.out")
    #expect((first["difference"] as? Double).map { $0 > 0 } == true)
    let paths = try #require(first["paths"] as? [[String: Any]])
    #expect(paths.first?["nodes"] as? [String] == ["flatten", "gemm", "softmax"])
    let classes = try #require((report["outputs"] as? [[String: Any]])?.first?["classes"] as? [String: Any])
    #expect(classes["rows"] as? Int == 1)
    let text = try infold("compare", model, other)
    #expect(text.status == 1)
    #expect(text.output.contains("first difference\n") && text.output.contains("flatten → gemm → softmax"))
  }

  /// Writes values as a runtime in single precision computes them.
  private func record(_ graph: Graph, as ending: String, _ directory: String) throws {
    try FileManager.default.createDirectory(atPath: folder.path(directory), withIntermediateDirectories: false)
    var random = SplitMix64(seed: 8)
    let input = try random.tensor([1, 2, 6, 6], in: -2...2)
    var values = [graph.inputs[0]: input]
    _ = try ReferenceEvaluator(graph).run(values) { id, _, outputs in
      for case (let value?, let tensor?) in zip(graph[id].outputs, outputs) { values[value] = tensor }
    }
    for (index, (value, tensor)) in values.enumerated() {
      let name = graph[value].name
      if ending == "npy" {
        let file = name.replacingOccurrences(of: "/", with: "_")
        _ = try folder.write("\(directory)/\(file).npy", NumPyFile.encode(tensor))
      } else {
        try TensorFile(name: name, tensor).write(to: folder.path("\(directory)/\(index).pb"))
      }
    }
  }

  @Test(arguments: ["npy", "pb"]) func recordedValues(ending: String) throws {
    let model = try write(network(), "a.onnx")
    try record(network(), as: ending, "right")
    try record(network(weight: 0.52), as: ending, "wrong")
    let right = try infold("compare", model, "--recorded", folder.path("right"), "--json")
    #expect(right.status == 0 && right.error == "", "\(right.output)")
    let report: [String: Any] = try infold("compare", model, model, "--recorded", folder.path("wrong"), "--json").json()
    let first = try #require(report["first"] as? [String: Any])
    #expect(first["node"] as? String == "conv")
    #expect((report["others"] as? [Any])?.isEmpty == true)
  }

  @Test func givenInputs() throws {
    let model = try write(network(input: ["N", 2, 6, 6]), "a.onnx")
    var random = SplitMix64(seed: 8)
    let file = try folder.write("x.npy", NumPyFile.encode(random.tensor([2, 2, 6, 6], in: -2...2)))
    let report: [String: Any] = try infold("compare", model, model, "--input", "image=\(file)", "--json").json()
    #expect(report["inputs"] as? [String] == ["given"])
    let classes = try #require((report["outputs"] as? [[String: Any]])?.first?["classes"] as? [String: Any])
    #expect(classes["rows"] as? Int == 2)
    let shaped: [String: Any] = try infold("compare", model, model, "--shape", "N=3", "--json").json()
    #expect(((shaped["outputs"] as? [[String: Any]])?.first?["classes"] as? [String: Any])?["rows"] as? Int == 3)
  }

  @Test func badUsage() throws {
    let model = try write(network(), "a.onnx")
    var wider = try network()
    _ = wider.addInput("more", TensorType(.float32, [1]))
    let other = try write(wider, "b.onnx")
    var renamed = try network()
    renamed.outputs = [renamed.outputs[0], renamed.value(named: "/net/relu.out")!]
    renamed[renamed.outputs[0]].name = "another"
    let outputs = try write(renamed, "c.onnx"), broken = try folder.write("d.onnx", [1, 2, 3])
    try FileManager.default.createDirectory(atPath: folder.path("empty"), withIntermediateDirectories: false)
    for (arguments, message) in [
      ([model], "pass a second model, or --recorded"),
      ([model, model, "--samples", "0"], "--samples is 0"),
      ([model, model, "--samples", "2", "--inputs", folder.path("empty")], "cannot be combined"),
      ([model, folder.path("none.onnx")], "none.onnx"),
      ([model, broken], "d.onnx"),
      ([model, other], "inputs do not match"),
      ([model, outputs], "outputs do not match"),
      ([model, "--recorded", folder.path("empty")], "no tensor for a value of the model"),
      ([model, "--recorded", folder.path("nowhere")], "nowhere"),
      ([model, model, "--input", "x=y.npy"], "does not have the form NAME=FILE"),
    ] {
      let result = try infold(["compare"] + arguments)
      #expect(result.status == 2, "\(arguments) \(result)")
      #expect(result.error.contains(message), "\(arguments): \(result.error)")
      #expect(result.output == "")
    }
  }
}
