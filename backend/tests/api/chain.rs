//! A real chain with the real contract, whose clock the tests move.

use abi::{ICustody, development};
use alloy::primitives::{Address, U256};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use devstack::Checkout;
use devstack::anvil::{Anvil, AnvilSpec, Mining};

use crate::world::BNB;

/// Funds of the contract that belong to nobody.
pub(crate) const FUNDS: u128 = 5_000 * BNB;

pub(crate) struct Chain {
    pub(crate) contract: Address,
    pub(crate) provider: DynProvider,
    anvil: Anvil,
    _files: tempfile::TempDir,
}

impl Chain {
    pub(crate) async fn start() -> Self {
        let files = tempfile::tempdir().unwrap();
        let spec = AnvilSpec {
            mining: Mining::OnDemand,
            state: None,
            log: files.path().join("anvil.log"),
            pids: files.path().to_path_buf(),
        };
        let anvil = Anvil::start(&Checkout::find().unwrap(), &spec).await.unwrap();
        let provider = ProviderBuilder::new()
            .connect_http(anvil.rpc_url().parse().unwrap())
            .erased();
        provider.anvil_set_auto_mine(true).await.unwrap();
        let deployer = development::DEPLOYER.address;
        let deployed = abi::deploy::deploy(&provider, deployer, &development::config())
            .await
            .unwrap();
        let chain = Self {
            contract: deployed.address,
            provider,
            anvil,
            _files: files,
        };
        let custody = chain.custody();
        let fund = custody.fund().from(deployer).value(U256::from(FUNDS));
        let receipt = fund.send().await.unwrap().get_receipt().await.unwrap();
        assert!(receipt.status());
        chain
    }

    pub(crate) fn rpc_url(&self) -> String {
        self.anvil.rpc_url()
    }

    pub(crate) fn custody(&self) -> ICustody::ICustodyInstance<DynProvider> {
        ICustody::new(self.contract, self.provider.clone())
    }

    /// Moves the chain's clock.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.provider.anvil_increase_time(seconds).await.unwrap();
        self.provider.anvil_mine(Some(1), None).await.unwrap();
    }

    pub(crate) async fn time(&self) -> u64 {
        let head = self
            .provider
            .get_block(alloy::eips::BlockId::latest())
            .await
            .unwrap();
        head.unwrap().header.timestamp
    }
}
