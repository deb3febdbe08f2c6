import InfoldGraph
import InfoldImage
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// Diagnoses a model with the statistics of a data set.
struct StatisticsExamination {
  /// The number of samples, spread over the data set, for trying other preprocessing.
  private static let preparedSamples = 8
  /// The number of samples for comparing the outputs with both statistics.
  private static let comparedSamples = 32

  private let statistics: ModelStatistics
  private let dataSet: DataSet
  private let options: SessionOptions

  init(_ statistics: ModelStatistics, _ dataSet: DataSet, _ options: SessionOptions) {
    self.statistics = statistics
    self.dataSet = dataSet
    self.options = options
  }

  /// Returns the diagnosis. A part that fails becomes a note.
  func diagnosis(progress: (_ done: Int, _ total: Int) -> Void) -> StatisticsDiagnosis {
    var diagnosis = StatisticsDiagnosis(statistics)
    do throws(InfoldError) {
      diagnosis.effect = try effect()
    } catch {
      diagnosis.notes.append("the outputs with these statistics were not compared: \(error)")
    }
    do throws(InfoldError) {
      diagnosis.inputs = try inputs(progress)
    } catch {
      diagnosis.notes.append("no other preprocessing of the inputs was tried: \(error)")
    }
    return diagnosis
  }

  private func indexes(_ most: Int) -> [Int] {
    let count = min(most, dataSet.count)
    return (0..<count).map { $0 * dataSet.count / count }
  }

  private func effect() throws(InfoldError) -> ReestimationEffect {
    let indexes = indexes(Self.comparedSamples)
    return try ReestimationEffect(of: statistics, options: options, sampleCount: indexes.count) {
      index throws(InfoldError) in try dataSet.sample(indexes[index])
    }
  }

  private func inputs(_ progress: (Int, Int) -> Void) throws(InfoldError) -> InputDiagnosis? {
    let indexes = indexes(Self.preparedSamples)
    let model = statistics.original
    func diagnosis(_ preparation: some InputPreparation) throws(InfoldError) -> InputDiagnosis {
      let total = preparation.alternatives.count + 1
      return try InputDiagnosis(
        preparation, InputFit(model, options: options), sampleCount: indexes.count,
        progress: { progress(min($0, total), total) })
    }
    if let preprocessing = dataSet.preprocessing {
      let graph = model.graph
      let input = graph.inputs.first { graph[$0].name == preprocessing.input }
      var pictures: [Picture] = []
      for index in indexes { pictures.append(try dataSet.picture(index)) }
      return try diagnosis(
        PicturePreparation(pictures, preprocessing, input: input.flatMap { graph[$0].type?.shape }))
    }
    guard model.graph.requiredInputs.count == 1 else { return nil }
    let name = model.graph[model.graph.requiredInputs[0]].name
    var tensors: [Tensor] = []
    for index in indexes {
      guard let tensor = try dataSet.sample(index)[name] else { return nil }
      tensors.append(tensor)
    }
    guard let preparation = TensorPreparation(tensors, for: model) else { return nil }
    return try diagnosis(preparation)
  }
}
