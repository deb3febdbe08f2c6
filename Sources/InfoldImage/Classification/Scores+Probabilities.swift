import InfoldSystem
import InfoldTensor
import RealModule

extension Preprocessing.Scores {
  /// The probability of each class: the scores themselves, or their softmax in double precision.
  func probabilities(_ scores: Tensor) throws(InfoldError) -> [Double] {
    let numbers = try scores.numbers()
    guard self == .logits else { return numbers }
    let largest = numbers.max()!
    let powers = numbers.map { Double.exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
