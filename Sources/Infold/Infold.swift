// What `import Infold` gives: the model, the session, tensors and errors, and the arithmetic for operators of one's own.
@_exported public import InfoldGraph
@_exported public import InfoldONNX
@_exported public import InfoldPasses
@_exported public import InfoldRuntime
@_exported public import InfoldValidation
@_exported public import RealModule
