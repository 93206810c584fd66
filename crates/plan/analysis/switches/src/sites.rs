//! Finds the code that each mutant changes, and writes it so that the switch decides between the code and its mutants.
//! A replacement is made from the source as it was, for only one mutant is on at a time.
//!
//! Left out is what cannot depend on a switch: constants, `let` chains, what macros are given.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::Result;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::edit::{self, Site, Switched};
use crate::list::{Genre, Placed};

/// Writes the file anew. Functions lose their `const`, except those whose names are `kept`: these keep theirs and have
/// no switches.
pub(crate) fn switch(source: &str, placed: &[Placed<'_>], kept: &BTreeSet<String>) -> Result<Switched> {
    let mut wanted: BTreeMap<(usize, usize), Vec<Placed<'_>>> = BTreeMap::new();
    for each in placed {
        let start = &each.mutant.span.start;
        wanted.entry((start.line, start.column)).or_default().push(*each);
    }
    let mut finder = Finder {
        source,
        wanted,
        kept,
        sites: Vec::new(),
        removed: Vec::new(),
    };
    finder.visit_file(&syn::parse_file(source)?);
    Ok(edit::apply(source, &finder.sites, &finder.removed))
}

struct Finder<'a> {
    source: &'a str,
    /// By line and column where they begin.
    wanted: BTreeMap<(usize, usize), Vec<Placed<'a>>>,
    kept: &'a BTreeSet<String>,
    sites: Vec<Site>,
    removed: Vec<Range<usize>>,
}

impl Finder<'_> {
    fn at(&self, span: proc_macro2::Span, genre: Genre) -> Vec<(usize, String)> {
        let start = span.start();
        let found = self.wanted.get(&(start.line, start.column.saturating_add(1)));
        let of_genre = found
            .into_iter()
            .flatten()
            .filter(|each| each.mutant.genre == genre);
        of_genre
            .map(|each| (each.id, each.mutant.replacement.clone()))
            .collect()
    }

    fn text(&self, range: Range<usize>) -> &str {
        self.source.get(range).unwrap_or_default()
    }

    /// `(match switch { id => alternative, …, _ => code })`, where the code lies in the range.
    fn choose(&mut self, range: Range<usize>, prefix: &str, alternatives: Vec<(usize, String)>) {
        let Some((site, _)) = alternatives.first() else {
            return;
        };
        let mut before = vec![(None, format!("{prefix}(match crate::switch::on({site}) {{ "))];
        for (id, text) in alternatives {
            before.push((None, format!("{id} => ")));
            before.push((Some(id), format!("({text})")));
            before.push((None, ", ".to_owned()));
        }
        before.push((None, "_ => ".to_owned()));
        self.sites.push(Site {
            range,
            before,
            after: " })".to_owned(),
        });
    }

    /// Lets a body begin with returning other values.
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if signature.constness.is_some() && self.kept.contains(&signature.ident.to_string()) {
            return;
        }
        if let Some(token) = &signature.constness {
            self.removed.push(token.span().byte_range());
        }
        if let Some(first) = block.stmts.first() {
            let values = self.at(first.span(), Genre::FnValue);
            match &signature.output {
                syn::ReturnType::Type(_, of) if matches!(**of, syn::Type::ImplTrait(_)) => {
                    self.wrap(block, values);
                }
                syn::ReturnType::Type(..) | syn::ReturnType::Default => self.precede(block, values),
            }
        }
        visit::visit_block(self, block);
    }
}

impl Finder<'_> {
    /// `match switch { id => return value, …, _ => {} }` and then the body.
    fn precede(&mut self, block: &syn::Block, values: Vec<(usize, String)>) {
        let Some((site, _)) = values.first() else { return };
        let mut before = vec![(None, format!(" match crate::switch::on({site}) {{ "))];
        for (id, value) in values {
            before.push((None, format!("{id} => return ")));
            before.push((Some(id), value));
            before.push((None, ", ".to_owned()));
        }
        before.push((None, "_ => {} }".to_owned()));
        let at = inside(block).start;
        self.sites.push(Site {
            range: at..at,
            before,
            after: String::new(),
        });
    }

    /// Iterators of types without a name: `match switch { id => Other(One(value)), …, _ => One({ body }) }`.
    fn wrap(&mut self, block: &syn::Block, values: Vec<(usize, String)>) {
        let Some((site, _)) = values.first() else { return };
        let mut before = vec![(
            None,
            format!(" use crate::switch::Either::*; match crate::switch::on({site}) {{ "),
        )];
        let last = values.len();
        for (place, (id, value)) in (1..).zip(values) {
            let end = if place == last { "" } else { "One(" };
            before.push((None, format!("{id} => {}{end}", "Other(".repeat(place))));
            before.push((Some(id), value));
            before.push((
                None,
                format!("{}, ", ")".repeat(place + usize::from(place != last))),
            ));
        }
        before.push((None, "_ => One({".to_owned()));
        self.sites.push(Site {
            range: inside(block),
            before,
            after: "}) }".to_owned(),
        });
    }
}

fn inside(block: &syn::Block) -> Range<usize> {
    let braces = block.brace_token.span;
    braces.open().byte_range().end..braces.close().byte_range().start
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
    }

    // Nothing can be switched in what the compiler computes.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}

    fn visit_expr_binary(&mut self, expr: &'ast syn::ExprBinary) {
        let mutants = self.at(expr.op.span(), Genre::BinaryOperator);
        if !holds_let(&expr.left) && !holds_let(&expr.right) {
            let [left, right] =
                [expr.left.span(), expr.right.span()].map(|span| self.text(span.byte_range()).to_owned());
            let alternative = |(id, operator)| (id, format!("{left} {operator} {right}"));
            self.choose(
                expr.span().byte_range(),
                "",
                mutants.into_iter().map(alternative).collect(),
            );
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_unary(&mut self, expr: &'ast syn::ExprUnary) {
        let operand = self.text(expr.expr.span().byte_range()).to_owned();
        let mutants = self.at(expr.op.span(), Genre::UnaryOperator);
        let alternatives = mutants.into_iter().map(|(id, _)| (id, operand.clone())).collect();
        self.choose(expr.span().byte_range(), "", alternatives);
        visit::visit_expr_unary(self, expr);
    }

    fn visit_expr_struct(&mut self, expr: &'ast syn::ExprStruct) {
        if let Some(rest) = &expr.rest {
            let rest = self.text(rest.span().byte_range()).to_owned();
            for field in &expr.fields {
                let syn::Member::Named(name) = &field.member else {
                    continue;
                };
                let mutants = self.at(field.span(), Genre::StructField);
                let prefix = if field.colon_token.is_some() {
                    String::new()
                } else {
                    format!("{name}: ")
                };
                let alternatives = mutants
                    .into_iter()
                    .map(|(id, _)| (id, format!("({rest}).{name}")))
                    .collect();
                self.choose(field.expr.span().byte_range(), &prefix, alternatives);
            }
        }
        visit::visit_expr_struct(self, expr);
    }

    fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
        let is_rest = |arm: &syn::Arm| arm.guard.is_none() && matches!(arm.pat, syn::Pat::Wild(_));
        for arm in expr.arms.iter().filter(|_| expr.arms.iter().any(is_rest)) {
            let deleted = self.at(arm.span(), Genre::MatchArm);
            if let (Some((id, _)), None) = (deleted.first(), &arm.guard) {
                let at = arm.pat.span().byte_range().end;
                let before = vec![
                    (None, " if ".to_owned()),
                    (Some(*id), format!("crate::switch::on({id}) != {id}")),
                ];
                self.sites.push(Site {
                    range: at..at,
                    before,
                    after: String::new(),
                });
            }
        }
        visit::visit_expr_match(self, expr);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if let Some((_, guard)) = arm.guard.as_ref().filter(|(_, guard)| !holds_let(guard)) {
            let alternatives = self.at(guard.span(), Genre::MatchArmGuard);
            self.choose(guard.span().byte_range(), "", alternatives);
        }
        visit::visit_arm(self, arm);
    }
}

/// Whether `let` stands in a condition here, and not in a block or closure further in.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is syn's, and long")]
fn holds_let(expr: &syn::Expr) -> bool {
    match expr {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => holds_let(&binary.left) || holds_let(&binary.right),
        syn::Expr::Paren(paren) => holds_let(&paren.expr),
        syn::Expr::Unary(unary) => holds_let(&unary.expr),
        _ => false,
    }
}
