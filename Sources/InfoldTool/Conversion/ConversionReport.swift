import InfoldQuantization
import InfoldSystem

/// The report of `infold convert`, with the differences from the float32 network.
struct ConversionReport: Encodable {
  /// The type that the model was converted to.
  let type: String
  /// The number of samples.
  let samples: Int
  /// The number of batch normalizations that were folded.
  let foldedNormalizations: Int
  /// The opset of the original if it had to be raised.
  let raisedFromOpset: Int?
  /// The number of nodes that compute in the target type.
  let convertedNodes: Int
  /// The nodes that keep float32.
  let refusals: [Refusal]
  /// The values that exceed half of the type's range.
  let largeValues: [LargeValue]
  /// The constants with elements that became zero or subnormal.
  let losses: [Loss]
  /// The number of constants that were converted, and of their elements.
  let constants: Int
  let elements: Int
  /// The float32 outputs.
  let outputs: [Output]
  /// The number of rows of scores with the same best class; `nil` if the first output holds no
  /// scores.
  let sameBestClass: Int?
  /// The number of rows of scores.
  let rows: Int
  /// The sizes of both files in bytes, without external data; `nil` for pipes.
  let bytesBefore: Int?
  let bytesAfter: Int?
  /// The file of the converted model.
  let output: String

  /// A node that keeps float32.
  struct Refusal: Encodable {
    let node: String
    let reason: String
  }

  /// A value beyond half of the type's range.
  struct LargeValue: Encodable {
    let name: String
    let largest: Double
  }

  /// A constant with elements that became zero or subnormal.
  struct Loss: Encodable {
    let constant: String
    let count: Int
    /// The number of elements that became zero.
    let vanished: Int
    /// The number of elements that became subnormal, with fewer significant bits.
    let subnormal: Int
  }

  /// An output.
  struct Output: Encodable {
    let name: String
    /// The signal-to-noise ratio in dB over all samples; `nil` without a signal.
    let sqnr: Double?
    let largestDifference: Double
    let largestMagnitude: Double
  }

  init(
    _ converter: FloatConverter, _ network: ConvertedNetwork, _ comparison: ConversionComparison, samples: Int,
    output: String, bytesBefore: Int?, bytesAfter: Int?
  ) {
    type = converter.target.rawValue
    self.samples = samples
    foldedNormalizations = converter.folding.foldedNormalizations
    raisedFromOpset = converter.raisedFrom
    convertedNodes = network.convertedNodes
    refusals = network.refusals.map { Refusal(node: $0.node, reason: $0.description) }
    largeValues = network.largeValues.map { LargeValue(name: $0.name, largest: $0.largest) }
    losses = network.constants.filter { $0.vanished + $0.subnormal > 0 }.map {
      Loss(constant: $0.name, count: $0.count, vanished: $0.vanished, subnormal: $0.subnormal)
    }
    constants = network.constants.count
    elements = network.constants.reduce(0) { $0 + $1.count }
    outputs = comparison.outputs.map {
      Output(
        name: $0.name, sqnr: $0.quality.pooled.decibels, largestDifference: $0.largestDifference,
        largestMagnitude: $0.largest)
    }
    sameBestClass = comparison.agreements
    rows = comparison.rows
    self.output = output
    self.bytesBefore = bytesBefore
    self.bytesAfter = bytesAfter
  }

  /// The report as text for the terminal.
  var text: String {
    var lines = [
      "\(NumberText.counted(convertedNodes, "node")) and \(NumberText.counted(constants, "constant")) "
        + "(\(NumberText.counted(elements, "number"))) converted to \(type)"
    ]
    lines[0] = lines[0].styled(.bold)
    if foldedNormalizations > 0 {
      lines.append("\(NumberText.counted(foldedNormalizations, "batch normalization")) folded")
    }
    if let raisedFromOpset { lines.append("raised from opset \(raisedFromOpset) to 22, which bfloat16 requires") }
    lines += largeValues.map {
      "\(String(printable: $0.name)) reaches \(NumberText.short($0.largest)), beyond half of the range of \(type)"
    }
    lines += refusals.map { "\(String(printable: $0.node)) \($0.reason)" }
    lines += lossText.map { [$0] } ?? []
    lines += outputs.map { output in
      let ratio = output.sqnr.map { $0.isFinite ? "\(NumberText.fixed($0, digits: 1)) dB" : "no errors" } ?? "no signal"
      return "output \(String(printable: output.name)): \(ratio), largest difference "
        + "\(NumberText.short(output.largestDifference)) of \(NumberText.short(output.largestMagnitude))"
    }
    if let sameBestClass { lines.append("the same best class for \(sameBestClass) of \(rows)") }
    let size = bytesAfter.map { ": " + NumberText.scaled($0, unit: "B") } ?? ""
    let instead = bytesAfter == nil ? nil : bytesBefore.map { " instead of " + NumberText.scaled($0, unit: "B") }
    lines.append("written to \(ModelOutput(argument: output).name)" + size + (instead ?? ""))
    return lines.map { $0.paragraph() }.joined()
  }

  /// A sentence on all elements that became zero or subnormal; `nil` if there are none.
  private var lossText: String? {
    func total(_ count: KeyPath<Loss, Int>) -> Int { losses.reduce(0) { $0 + $1[keyPath: count] } }
    let parts = [(total(\.vanished), "became zero"), (total(\.subnormal), "became subnormal, with fewer digits")]
      .filter { $0.0 > 0 }.map { "\(NumberText.grouped($0.0)) \($0.1)" }
    guard !parts.isEmpty else { return nil }
    let worst = losses.max { ($0.vanished + $0.subnormal) * $1.count < ($1.vanished + $1.subnormal) * $0.count }!
    return
      "of these numbers, \(parts.joined(separator: " and ")); most in \(String(printable: worst.constant)), "
      + "\(NumberText.grouped(worst.vanished + worst.subnormal)) of \(NumberText.grouped(worst.count))"
  }
}
