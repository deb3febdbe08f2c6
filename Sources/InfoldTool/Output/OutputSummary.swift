import InfoldSystem
import InfoldTensor

/// The summary of an output that `run` prints.
struct OutputSummary: Encodable {
  let name: String
  let type: String
  let shape: [Int]
  /// Minimum, maximum and mean of the elements that are not NaN, or `nil` if there are none.
  let min: Double?
  let max: Double?
  let mean: Double?
  /// The number of NaN elements.
  let nan: Int
  /// The largest elements, if the output looks like one score per class.
  let top: [Score]?

  /// One score.
  struct Score: Encodable {
    let index: Int
    let score: Double
  }

  init(name: String, _ tensor: Tensor) {
    self.name = name
    type = "\(tensor.elementType)"
    shape = tensor.shape
    let all = (try? tensor.numbers()) ?? []
    let numbers = all.filter { !$0.isNaN }
    nan = all.count - numbers.count
    min = numbers.min()
    max = numbers.max()
    mean = numbers.isEmpty ? nil : numbers.reduce(0, +) / Double(numbers.count)
    let looksLikeScores = tensor.elementType.isFloatingPoint && tensor.count >= 5 && tensor.shape.contains(tensor.count)
    let best = looksLikeScores ? try? tensor.reshaped(to: [tensor.count]).topK(5)[0] : nil
    top = best?.map { Score(index: $0.index, score: $0.value) }
  }

  /// The summary as text.
  var text: String {
    var lines = [String(printable: name).styled(.bold) + "  \(type) \(shape)"]
    if let min, let max, let mean {
      lines.append(
        "  min \(NumberText.significant(min))  max \(NumberText.significant(max))  mean \(NumberText.significant(mean))"
      )
    }
    if nan > 0 { lines.append("  \(NumberText.grouped(nan)) NaN") }
    if let top {
      let scores = top.map { "\($0.index): \(NumberText.significant($0.score))" }
      lines.append("  largest at " + scores.joined(separator: "  "))
    }
    return lines.map { $0 + "\n" }.joined()
  }
}
