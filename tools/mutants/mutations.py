"""Small changes of a Python module, each of which some test should notice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
# Texts are for people, and a log line changes no result.
UNTOUCHED = (ast.JoinedStr, ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.AnnAssign)
LOGGERS = {"log", "logging", "warnings"}


@dataclass(frozen=True)
class Mutant:
    line: int
    change: str
    """What was changed, for people."""
    source: str
    """The source code of the whole module."""


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module, each with one change."""
    tree = ast.parse(source)
    for number in count():
        mutator = _Mutator(number)
        changed = mutator.visit(copy.deepcopy(tree))
        if mutator.change is None:
            return
        line, change = mutator.change
        yield Mutant(line, change, ast.unparse(ast.fix_missing_locations(changed)))


class _Mutator(ast.NodeTransformer):
    """Makes the change with the given number; all others count, and stay."""

    def __init__(self, number: int) -> None:
        self._left = number
        self.change: tuple[int, str] | None = None

    def _chosen(self, node: ast.AST, new: ast.AST) -> bool:
        self._left -= 1
        if self._left != -1:
            return False
        before, after = (ast.unparse(ast.fix_missing_locations(one)) for one in (node, new))
        self.change = (node.lineno, f"{before}  ->  {after}")  # type: ignore[attr-defined]
        return True

    def visit(self, node: ast.AST) -> ast.AST:
        if self.change is not None or isinstance(node, UNTOUCHED):
            return node
        for new in _changes(node):
            ast.copy_location(new, node)
            if self._chosen(node, new):
                return new
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return node  # a docstring
        if _is_log(node):
            return node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):  # decorators and annotations stay
            node.body = [self.visit(part) for part in node.body]  # type: ignore[misc]
            return node
        return self.generic_visit(node)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the changes of one node, without those of its children."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        ops = [COMPARISONS[type(node.ops[0])](), *node.ops[1:]]
        yield ast.Compare(node.left, ops, node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        yield ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node.value)
    elif _can_be_left_out(node):
        yield ast.Pass()
    elif isinstance(node, ast.If) and isinstance(node.test, (ast.Name, ast.Attribute, ast.Call)):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", None) in FUNCTIONS:
        name = ast.Name(FUNCTIONS[node.func.id], ast.Load())  # type: ignore[attr-defined]
        yield ast.Call(name, node.args, node.keywords)


def _can_be_left_out(node: ast.AST) -> bool:
    """Return whether the node is a statement without which the module can still be imported."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and not _is_log(node)
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Attribute)
    return isinstance(node, ast.Continue | ast.Break)


def _other_constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, float):
        yield ast.Constant(1.5 * value + 0.25 * (value == 0))


def _is_log(node: ast.AST) -> bool:
    call = node.value if isinstance(node, ast.Expr) else node
    function = call.func if isinstance(call, ast.Call) else None
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and function.value.id in LOGGERS
    )
