// What `import Infold` gives: the model, the session, tensors and errors.
@_exported public import InfoldGraph
@_exported public import InfoldONNX
@_exported public import InfoldPasses
@_exported public import InfoldRuntime
@_exported public import InfoldValidation
