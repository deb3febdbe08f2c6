import InfoldRuntime
import InfoldSystem
import InfoldTensor

extension ImageClassifier {
  /// The most probable classes of a picture, the best first, for a task, which waits without keeping a thread while the model runs.
  /// - Parameters:
  ///   - picture: The picture, of any size.
  ///   - count: How many; all where the model has fewer.
  /// - Throws: As the call that does not wait, and `InfoldError` with `.cancelled` when the task is cancelled.
  public func classify(_ picture: Picture, top count: Int = 5) async throws(InfoldError) -> [Candidate] {
    try await candidates(in: run([picture]), ofPictures: 1, top: count)[0]
  }

  /// The most probable classes of each picture, for a task, which waits without keeping a thread while the model runs.
  /// - Parameters:
  ///   - pictures: The pictures, of any sizes.
  ///   - count: How many classes of each; all where the model has fewer.
  /// - Returns: The classes of each picture, the best first, in the order of the pictures.
  /// - Throws: As for a single picture.
  public func classify(_ pictures: [Picture], top count: Int = 5) async throws(InfoldError) -> [[Candidate]] {
    guard takesBatches else {
      var candidates: [[Candidate]] = []
      for picture in pictures { candidates.append(try await classify(picture, top: count)) }
      return candidates
    }
    guard !pictures.isEmpty else { return [] }
    return try await candidates(in: run(pictures), ofPictures: pictures.count, top: count)
  }

  /// What the model makes of a batch of pictures.
  private func run(_ pictures: [Picture]) async throws(InfoldError) -> [String: Tensor] {
    try await session.run(input(for: pictures))
  }
}
