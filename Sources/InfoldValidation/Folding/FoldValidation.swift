import InfoldGraph
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Validates that a folded model computes the same as the original: by its constants, at every fold
/// site, and for the whole network.
///
/// ```swift
/// let original = try Model(path: "model.onnx"), folded = try Model(path: "folded.onnx")
/// let validation = try FoldValidation(original, folded: folded)
/// let report = try validation.run(samples)
/// for reason in report.reasons { print(reason) }
/// ```
///
/// A validation answers four questions:
///
/// - *Are the folded constants right?* Every weight and bias is recomputed in double precision.
/// - *Does folding change results by more than rounding?* At each fold site, both forms get the
///   same input and are compared with double precision. Their error bounds follow from counting
///   roundings.
/// - *What does folding do to the network?* Sessions run both networks from the inputs to the
///   outputs, as an app runs them. The report has the errors of both, and whether their answers
///   agree.
/// - *What does a session run in the end?* Folding is only one of its passes. Each value that
///   kernels pass from layer to layer is compared with what the original computes in double
///   precision, within the error bound of its layer, in every requested precision.
///
/// The report also explains the batch normalizations that are not folded, and validates what is
/// computed for them, including mini-batch statistics.
public struct FoldValidation: Sendable {
  /// An input of the whole network, with a name for reports.
  public struct Sample: Sendable {
    /// A description, such as the name of a file.
    public var name: String
    /// A tensor for each input of the model, by name. Inputs with a default value may be omitted.
    public var inputs: [String: Tensor]

    /// Creates a sample.
    public init(name: String, inputs: [String: Tensor]) {
      self.name = name
      self.inputs = inputs
    }
  }

  /// The progress of a validation.
  public struct Progress: Sendable {
    /// The fraction of the work that is done, 0 to 1.
    public let fraction: Double
    /// The current step.
    public let step: String
  }

  let original: Model
  /// The model that another tool folded, or `nil` if Infold folds.
  let folded: Model?
  /// The network as a session simplifies it, evaluated by the definitions of its operators.
  let written: ReferenceSession
  /// The original network, evaluated in double precision.
  let truth: ReferenceSession
  let options: SessionOptions
  let normalizationCount: Int
  let refusals: [ValidationReport.Refusal]
  let matching: OperatorMatching
  /// The network with dynamic dimensions, before any pass.
  let prepared: Graph
  let precisions: [SessionOptions.Precision]
  /// Whether the caller asked to validate what sessions run, not only folding.
  let asksForSessions: Bool
  let measuresTimes: Bool
  let unfoldedNormalizations: UnfoldedNormalizations
  /// Compares the file of another tool with the original at every value.
  let comparison: ModelComparison?

  /// Prepares to validate that `folded` is `original` with its batch normalizations folded.
  /// - Parameters:
  ///   - original: The model before folding.
  ///   - folded: The model that another tool folded, or that Infold folded earlier. `nil` to let
  ///     Infold fold now.
  ///   - options: How sessions run. `foldBatchNormalization` does not affect the comparison of the
  ///     folded with the unfolded network.
  ///   - precisions: The precisions in which to validate what a session runs. `nil` selects all that
  ///     differ on this machine. If precisions are given, a model in which nothing can be folded
  ///     passes if its sessions do. Otherwise, there is nothing to validate in such a model.
  ///   - measuresTimes: Whether to measure the share of a run that the unfolded batch
  ///     normalizations take. Times vary from run to run.
  /// - Throws: `InfoldError` with `.unsupported` if Infold cannot run a model; `.invalidArgument`
  ///   if the models have different inputs or outputs, or if the second model is quantized or not
  ///   folded.
  public init(
    _ original: Model, folded: Model? = nil, options: SessionOptions = SessionOptions(),
    precisions: [SessionOptions.Precision]? = nil, measuresTimes: Bool = false
  ) throws(InfoldError) {
    self.precisions = precisions ?? SessionOptions.Precision.allCases.filter { $0.isDistinct(options) }
    asksForSessions = precisions?.isEmpty == false
    self.measuresTimes = measuresTimes
    self.original = original
    self.folded = folded
    self.options = options
    let prepared = try original.preparedGraph()
    self.prepared = prepared
    normalizationCount = prepared.normalizations.count
    let simplified = try prepared.unfolded()
    var refused: [ValidationReport.Refusal] = []
    if let folded {
      try annotatingErrors({ folded.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
        try folded.graph.requireInterface(of: original.graph)
        try folded.graph.requireFloats(as: original.graph)
      }
      matching = try OperatorMatching(simplified, folded.preparedGraph().unfolded(), isForeign: true)
      // A number near the midpoint of two quantization steps may round to either, which no rounding
      // error bound covers.
      comparison = simplified.quantizingNodes == 0 ? try ModelComparison(original, folded) : nil
      refusals = []
      _ = try simplified.folded { refused.append($0) }
    } else {
      matching = try OperatorMatching(simplified, simplified.folded { refused.append($0) })
      comparison = nil
      refusals = refused
    }
    unfoldedNormalizations = try UnfoldedNormalizations(
      simplified, left: matching.folded, refusals: refused, isForeign: folded != nil, options)
    written = try ReferenceSession(original, prepared: simplified, precision: .declared)
    truth = try ReferenceSession(original, prepared: prepared, precision: .double)
    if let folded, let reason = matching.reasonAgainstFolded,
      try FoldBatchNormalization().fold(original).report.foldsAnything
    {
      throw InfoldError(
        .invalidArgument, reason, hint: "infold fold writes a folded model", file: folded.path)
    }
  }
}
