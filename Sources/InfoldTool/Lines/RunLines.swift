import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Runs a model on the inputs of each line.
struct RunLines: Sendable {
  let runner: any RunnableModel
  /// Input tensors common to all lines.
  let shared: [String: Tensor]
  /// The folder that contains an output folder for each line, or `nil` if outputs are part of the
  /// answers.
  let folder: String?
  /// The memory budget for the tensors of lines.
  let memory: MemoryBudget

  private let model: RunLine.Model

  init(
    _ runner: any RunnableModel, shared: [String: Tensor], folder: String?, memory: MemoryBudget
  ) throws(InfoldError) {
    (self.runner, self.shared, self.folder, self.memory) = (runner, shared, folder, memory)
    let free = runner.inputs.filter { shared[$0.name] == nil }
    let required = free.filter { !$0.hasDefault }
    model = RunLine.Model(
      inputs: Dictionary(free.compactMap { info in info.type.map { (info.name, $0.elementType) } }) { first, _ in first
      },
      outputs: runner.outputs.map(\.name), only: required.count == 1 ? required[0].name : nil)
    // Names that no file can have are reported before the first line.
    if let folder { _ = try OutputFiles(runner.outputs, in: folder) }
  }

  /// Answers a line.
  func answer(_ input: InputLine) -> LineAnswer {
    var answer = JSONLine()
    do throws(InfoldError) {
      let line = try RunLine(input, of: model)
      if let identifier = line.identifier { answer.add("id", identifier) }
      let results = try memory.charging { () throws(InfoldError) in try outputs(of: line, number: input.number) }
      answer.add("outputs", results)
      return LineAnswer(bytes: answer.line, isError: false)
    } catch {
      return LineAnswer(answer, error, line: input.number)
    }
  }

  private func outputs(of line: RunLine, number: Int) throws(InfoldError) -> JSONLine {
    var tensors = shared
    for (name, input) in line.inputs { tensors[name] = try input.tensor() }
    let paths = try files(of: line, number: number)
    for path in paths.values {
      guard path.hasSuffix(".npy") else {
        throw InfoldError(.invalidArgument, "does not end in .npy", file: path)
      }
    }
    let results = try runner.run(tensors) { _ in }
    var outputs = JSONLine()
    for output in runner.outputs where line.outputs.map({ $0[output.name] != nil }) ?? true {
      let tensor = results[output.name]!
      var object = JSONLine()
      object.add("type", "\(tensor.elementType)")
      object.add("shape", shape: tensor.shape)
      if let path = paths[output.name] {
        try NumPyFile.write(tensor, to: path)
        object.add("file", path)
      } else {
        try object.add("data", elementsOf: tensor)
      }
      outputs.add(output.name, object)
    }
    return outputs
  }

  /// The files to which the outputs of a line are written.
  private func files(of line: RunLine, number: Int) throws(InfoldError) -> [String: String] {
    if let outputs = line.outputs {
      return outputs.compactMapValues { target in if case .file(let path) = target { path } else { nil } }
    }
    guard let folder else { return [:] }
    let files = try OutputFiles(runner.outputs, in: path("\(number)", in: folder))
    try files.createFolder()
    return files.paths
  }
}
