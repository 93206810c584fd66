//! The asset a contract holds, a token's own data, and whether an address is a custody contract.
//!
//! Not responsible for which token or contract it ought to be.

use abi::ICustody;
use abi::bindings::IToken;
use abi::bindings::deployable_token::CustodyToken;
use alloy::eips::BlockId;
use alloy::primitives::{Address, Bytes, U256};
use alloy::sol_types::SolCall;

use crate::call_error::CallError;
use crate::error::ChainError;
use crate::node::At;
use crate::reader::ChainReader;

/// What is at an address that ought to be a token's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// No contract.
    Missing,
    /// A contract that does not respond what every token is asked.
    NoToken {
        /// What it does not respond.
        function: &'static str,
    },
    /// A token.
    Token {
        /// Its decimals, as it says them.
        decimals: u8,
        /// What the reader's contract has of it.
        balance: U256,
        /// How much of it there is, in base units.
        supply: U256,
    },
}

impl ChainReader {
    /// The token that the contract holds; `None` when it does not name one, as the form for the chain's own coin.
    pub async fn held_token(&self, at: At) -> Result<Option<Address>, ChainError> {
        let call = CustodyToken::tokenCall {};
        match self.try_view(self.contract(), &call, at).await {
            Ok(held) => Ok(held),
            Err(CallError::Chain(error)) => Err(error),
            // Neither form does that, and it must not pass for the one without a token.
            Err(error @ (CallError::Reverted(_) | CallError::Refused { .. })) => {
                Err(ChainError::malformed(error.to_string()))
            }
        }
    }

    /// What a token answers about itself and about the reader's contract, which need not be there yet. A token that answers
    /// its decimals and does not count would lock up whatever a custody takes of it.
    pub async fn token_state(&self, token: Address, at: At) -> Result<TokenState, ChainError> {
        let code: Bytes = self.call("eth_getCode", (token, BlockId::from(at))).await?;
        if code.is_empty() {
            return Ok(TokenState::Missing);
        }
        let no = |function| Ok(TokenState::NoToken { function });
        let holder = self.contract();
        let Some(decimals) = self.ask(token, &IToken::decimalsCall {}, at).await? else {
            return no("decimals");
        };
        let Some(balance) = self.ask(token, &IToken::balanceOfCall { holder }, at).await? else {
            return no("balanceOf");
        };
        let spender = holder;
        let allowance = IToken::allowanceCall { holder, spender };
        if self.ask(token, &allowance, at).await?.is_none() {
            return no("allowance");
        }
        let Some(supply) = self.ask(token, &IToken::totalSupplyCall {}, at).await? else {
            return no("totalSupply");
        };
        Ok(TokenState::Token {
            decimals,
            balance,
            supply,
        })
    }

    /// Whether there is a custody contract at an address: one that knows accounts.
    pub async fn is_custody(&self, contract: Address, at: At) -> Result<bool, ChainError> {
        let user = Address::ZERO;
        let answer = self.ask(contract, &ICustody::accountCall { user }, at).await?;
        Ok(answer.is_some())
    }

    /// The answer, unless there is none of this form: it also uses up all its gas where there is no such function.
    async fn ask<C: SolCall>(
        &self,
        contract: Address,
        call: &C,
        at: At,
    ) -> Result<Option<C::Return>, ChainError> {
        match self.try_view(contract, call, at).await {
            Ok(answer) => Ok(answer),
            Err(CallError::Reverted(_) | CallError::Refused { .. }) => Ok(None),
            Err(CallError::Chain(error)) => Err(error),
        }
    }
}
